# Every third-party library, each a Debian 12 package listed in deploy/packages.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers)
find_package(spdlog CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(tomlplusplus CONFIG REQUIRED)
find_package(PostgreSQL REQUIRED)
pkg_check_modules(pqxx REQUIRED IMPORTED_TARGET libpqxx)
if(BUILD_TESTING)
  pkg_check_modules(nghttp2 REQUIRED IMPORTED_TARGET libnghttp2)
  find_package(GTest REQUIRED)
endif()

# What musterd allocates with, and what it is measured against: a fifth less CPU time a contact than with glibc's
# allocator (docs/benches.md). Sanitizers bring their own.
pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)
add_library(muster_allocator INTERFACE)
if(NOT MUSTER_SANITIZE)
  target_link_libraries(muster_allocator INTERFACE PkgConfig::jemalloc)
endif()

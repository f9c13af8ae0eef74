# Writes one C++ source that holds every migration: cmake -DDIR=deploy/migrations -DOUT=x.cc -P embed_migrations.cmake
file(GLOB files ${DIR}/*.sql)
list(SORT files)
set(rows)
set(expected 0)
foreach(file ${files})
  get_filename_component(stem ${file} NAME_WE)
  if(NOT stem MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
    message(FATAL_ERROR "${file}: the name must be NNNN_name.sql")
  endif()
  set(name ${CMAKE_MATCH_2})
  math(EXPR version "1${CMAKE_MATCH_1} - 10000")
  math(EXPR expected "${expected} + 1")
  if(NOT version EQUAL expected)
    message(FATAL_ERROR "${file}: expected version ${expected}; versions have no hole")
  endif()
  file(SHA256 ${file} checksum)
  file(READ ${file} sql)
  string(APPEND rows "    {${version}, \"${name}\", \"${checksum}\", R\"muster_sql(${sql})muster_sql\"},\n")
endforeach()
file(WRITE ${OUT} "#include \"muster/store/migrations.h\"\n
namespace muster::store {
std::span<const Migration> embedded_migrations() {
  static const Migration migrations[] = {\n${rows}  };
  return migrations;
}
}  // namespace muster::store\n")

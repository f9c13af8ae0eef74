// Boost.JSON as a header-only library: this one file compiles it.
#pragma GCC diagnostic ignored "-Wold-style-cast"
#include <boost/json/src.hpp>

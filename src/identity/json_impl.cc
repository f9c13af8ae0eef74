// Boost.JSON as a part of this library: Debian's package of Boost 1.81 is headers only.
#pragma GCC diagnostic ignored "-Wold-style-cast"
#include <boost/json/src.hpp>

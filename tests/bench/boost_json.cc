// Boost.JSON as a part of this binary: Debian's package of Boost 1.81 is headers only.
#include <boost/json/src.hpp>

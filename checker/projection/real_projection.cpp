#include "checker/projection/real_projection.h"
namespace convcheck {}

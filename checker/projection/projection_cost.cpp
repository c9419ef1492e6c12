#include "checker/projection/projection_cost.h"

namespace convcheck {}

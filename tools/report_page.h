// tools/report_page.html, which the build puts into the program.
#pragma once

#include <string>

namespace convcheck {

std::string report_page();

}  // namespace convcheck

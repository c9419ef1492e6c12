// The result of a run as one page that needs no network.
#pragma once

#include <string>

#include "tools/run_record.h"

namespace convcheck {

// tools/report_page.html with the run's data in it, as JSON: account, tables, findings with their
// error maps, coverage of the factors, and the cases, at most kCasesInPage of them (failed first).
std::string html_text(const RunRecord& record, bool strict);

inline constexpr std::size_t kCasesInPage = 20000;

}  // namespace convcheck

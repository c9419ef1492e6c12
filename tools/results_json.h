// The lines of a result file.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "tools/results_file.h"

namespace convcheck {

inline constexpr int kResultsSchema = 1;

nlohmann::ordered_json header_json(const RunHeader& header);
nlohmann::ordered_json case_json(const RunHeader& header, const Case& c, const CaseResult& result);
nlohmann::ordered_json end_json(const RunEnd& end);

// These throw std::exception for what the others do not write.
RunHeader header_from_json(const nlohmann::ordered_json& json);
CaseResult case_from_json(const nlohmann::ordered_json& json, const RunHeader& header);
RunEnd end_from_json(const nlohmann::ordered_json& json);

}  // namespace convcheck

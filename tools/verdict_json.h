// Verdicts as JSON, both ways.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "checker/explain.h"
#include "checker/unit_runner.h"
#include "checker/verdict.h"

namespace convcheck {

// Everything of a verdict. JSON has no NaN and no infinity: they become their names.
nlohmann::ordered_json verdict_json(const Verdict& verdict);
// Throws nlohmann's exceptions for what verdict_json does not write.
Verdict verdict_from_json(const nlohmann::ordered_json& json);

// The verdict, its seconds and whether the call came back; not which unit it was.
nlohmann::ordered_json unit_json(const UnitResult& result);
UnitResult unit_from_json(const nlohmann::ordered_json& json);

// A finding as reports have it.
nlohmann::ordered_json finding_json(const Finding& finding);
Finding finding_from_json(const nlohmann::ordered_json& json);

// Without line breaks; bytes that are no UTF-8 are replaced.
std::string one_line(const nlohmann::ordered_json& json);

}  // namespace convcheck

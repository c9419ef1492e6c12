// Repeating and shrinking what a bundle holds.
#pragma once

#include <optional>
#include <string>

#include "checker/bundle.h"
#include "checker/debug_mode.h"

namespace convcheck {

// Reads a bundle of any format that this build has. Throws BundleError.
Bundle open_bundle(const std::string& path);

// The named backend; of "automatic" or the bundle's own name, where it is built, that one.
// Nothing where the bundle's kernel is none of ours. Throws UsageError for an unknown `name`.
BackendPtr bundle_backend(const Bundle& bundle, const std::string& name);

// What the definition says of the bundle's stored result, or of the backend's result on its
// operands; the violation, or nothing. Throws BundleError without operands.
std::optional<DebugViolation> judge_stored(const Bundle& bundle);
std::optional<DebugViolation> judge_again(const Bundle& bundle, const BackendPtr& backend,
                                          int threads);

}  // namespace convcheck

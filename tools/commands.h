// The subcommands of the program. Each adds itself to `app`; its callback sets `exit_code` and
// throws UsageError or ConvError for what the user gave, anything else for trouble of the machine.
#pragma once

namespace CLI {
class App;
}

namespace convcheck {

void add_suite_command(CLI::App& app, int& exit_code);
void add_run_command(CLI::App& app, int& exit_code);
void add_merge_command(CLI::App& app, int& exit_code);
void add_worker_command(CLI::App& app, int& exit_code);
void add_trial_command(CLI::App& app, int& exit_code);
void add_list_command(CLI::App& app, int& exit_code);
void add_convert_command(CLI::App& app, int& exit_code);
void add_audit_command(CLI::App& app, int& exit_code);
void add_mutants_command(CLI::App& app, int& exit_code);
void add_replay_command(CLI::App& app, int& exit_code);
void add_shrink_command(CLI::App& app, int& exit_code);
void add_tune_command(CLI::App& app, int& exit_code);
void add_bench_command(CLI::App& app, int& exit_code);

// "convcheck 0.1.0"
const char* version_text();

}  // namespace convcheck

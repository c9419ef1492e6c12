// The subcommands of `convcheck fixtures`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <sstream>

#include "fixtures/read_file.h"
#include "tools/fixtures_corpora.h"
#include "tools/fixtures_coverage.h"
#include "tools/fixtures_diff.h"
#include "tools/fixtures_file.h"
#include "tools/fixtures_generate.h"
#include "tools/fixtures_show.h"
#include "tools/fixtures_tables.h"
#include "tools/fixtures_theano.h"
#include "tools/fixtures_transfer.h"
#include "tools/fixtures_verify.h"
#include "tools/fixtures_witness.h"

namespace convcheck {
namespace {

constexpr int kDifferent = 1, kUnreadable = 2, kNothing = 3;
constexpr std::size_t kRowsOfTables = 100;

// What the arguments of one command are bound to.
struct Given {
  std::string file, other, corpus, id, folder, reason, name;
  std::vector<std::string> files;
  bool tables = false;
};

// Adds the command; what it says of files that cannot be read or written is one line and exit 2.
class Commands {
 public:
  Commands(CLI::App& parent, int& exit_code) : parent_(parent), exit_code_(exit_code) {}

  CLI::App& add(const char* name, const char* what, const std::function<int(const Given&)>& run) {
    CLI::App* command = parent_.add_subcommand(name, what);
    given_ = std::make_shared<Given>();
    command->callback([given = given_, run, &exit_code = exit_code_] {
      try {
        exit_code = run(*given);
      } catch (const FileError& error) {
        std::cerr << "convcheck: " << error.what() << "\n";
        exit_code = kUnreadable;
      }
    });
    return *command;
  }
  // Of the command that was added last.
  Given& given() { return *given_; }

 private:
  CLI::App& parent_;
  int& exit_code_;
  std::shared_ptr<Given> given_;
};

int verify_files(const Given& given) {
  std::vector<std::string> files = given.files;
  if (files.empty()) {
    for (const char* name : {"theano.h5", "reference.h5", "special.h5"}) {
      files.push_back(std::string(CONVCHECK_FIXTURES_DIR) + "/" + name);
    }
  }
  std::set<int> codes;
  for (const std::string& file : files) {
    codes.insert(fixtures_verify(file, std::cout, std::cerr));
  }
  for (const int worst_first : {kUnreadable, kDifferent, kNothing}) {
    if (codes.count(worst_first) != 0) return worst_first;
  }
  return 0;
}

bool is_there(const std::string& path) {
  std::error_code none;
  return std::filesystem::exists(path, none);
}

// Writes `after` in place of `before` unless that changes what it says and no reason is given.
int replace(const GoldenFile& before, GoldenFile after, const Given& given,
            const std::string& command) {
  const std::vector<Difference> differences = diff(before, after);
  print(differences, std::cout);
  if (!differences.empty()) {
    if (given.reason.empty()) {
      std::cout << given.file << " is left as it is: --accept 'REASON' overwrites it\n";
      return kDifferent;
    }
    after.history.push_back({given.reason, summary(differences), digest_of(before)});
  }
  save_golden(after, given.file, command);
  std::cout << given.file << " is written\n";
  return 0;
}

int generate_file(const Given& given) {
  const std::vector<Case> lines = read_fixture_lines(given.corpus);
  require_savable(given.file);
  std::optional<GoldenFile> before;
  if (is_there(given.file)) before = load_golden(given.file);
  FixturesProgress progress("generate " + given.file, lines.size());
  GoldenFile file = generate(lines, progress);
  if (given.tables) file.shapes = helper_tables(kRowsOfTables);
  const std::string command =
      fmt::format("convcheck fixtures generate {} -o {}{}", name_of(given.corpus),
                  name_of(given.file), given.tables ? " --tables" : "");
  if (before) {
    file.history = before->history;
    return replace(*before, std::move(file), given, command);
  }
  save_golden(file, given.file, command);
  std::cout << fmt::format("{}: {} cases, {} tables\n", given.file, file.cases.size(),
                           file.shapes.size());
  return 0;
}

int diff_files(const Given& given) {
  const GoldenFile before = load_golden(given.file), after = load_golden(given.other);
  const std::vector<Difference> differences = diff(before, after);
  print(differences, std::cout);
  return differences.empty() ? 0 : kDifferent;
}

int regenerate_file(const Given& given) {
  const GoldenFile before = load_golden(given.file);
  require_savable(given.file);
  FixturesProgress progress("regenerate " + given.file, before.cases.size());
  return replace(before, regenerate(before, progress), given,
                 "convcheck fixtures regenerate " + name_of(given.file));
}

// Theano's file, too.
GoldenFile load_any(const std::string& path) {
  const Tree root = read_file(path);
  const bool theano = root.integer("format_version") == kTheanoVersion;
  return theano ? as_golden(read_theano(root)) : read_golden(root);
}

const GoldenCase& find_in(const Given& given, const GoldenFile& file) {
  try {
    return find_case(file, given.id);
  } catch (const FileError& error) {
    throw FileError(given.file + ": " + error.what());
  }
}

int show(const Given& given) {
  const GoldenFile file = load_any(given.file);
  if (given.id.empty()) {
    show_file(file, std::cout);
  } else {
    show_case(find_in(given, file), std::cout);
  }
  return 0;
}

int export_from(const Given& given) {
  const GoldenFile file = load_any(given.file);
  const GoldenCase& c = find_in(given, file);
  export_case(c, given.folder);
  std::cout << fmt::format("{}: {}\n", given.folder, to_string(c.subject));
  return 0;
}

int import_into(const Given& given) {
  GoldenFile file;
  require_savable(given.file);
  if (is_there(given.file)) file = load_golden(given.file);
  std::error_code none;
  const bool folder = std::filesystem::is_directory(given.folder, none);
  GoldenCase c = folder ? import_case(given.folder) : import_bundle(given.folder);
  for (const GoldenCase& other : file.cases) {
    if (!(other.subject == c.subject)) continue;
    throw FileError(given.file + ": has the case " + to_string(c.subject) +
                    " already: a name= or a seed= tells two cases apart");
  }
  std::cout << fmt::format("{}: {}\n", given.file, to_string(c.subject));
  file.cases.push_back(std::move(c));
  save_golden(
      file, given.file,
      fmt::format("convcheck fixtures import {} {}", name_of(given.file), name_of(given.folder)));
  return 0;
}

int coverage(const Given& given) {
  const std::string file = given.file.empty() ? CONVCHECK_FIXTURES_DIR "/reference.h5" : given.file;
  return print_coverage(load_golden(file), std::cout) ? 0 : kDifferent;
}

int corpus(const Given& given) {
  for (const Case& c : corpus_named(given.name)) std::cout << to_string(c) << "\n";
  return 0;
}

int witness(const Given& given) {
  const std::string folder = CONVCHECK_FIXTURES_DIR;
  const std::string file = given.file.empty() ? folder + "/reference.h5" : given.file;
  std::vector<std::string> witnesses = given.files;
  if (witnesses.empty()) witnesses.push_back(folder + "/witness_torch.h5");
  return print_witnesses(file, witnesses, std::cout);
}

void add_reading(Commands& commands) {
  CLI::App& verify = commands.add(
      "verify", "hold files' answers against the reference and every backend of this build",
      verify_files);
  verify.add_option("FILE", commands.given().files,
                    "HDF5 files; all committed ones if none is named");
  verify.footer(
      "Exit codes: 0 all right; 1 something failed; 2 a file cannot be read; 3 a file has nothing "
      "to check.");

  CLI::App& diff = commands.add("diff", "what is different between two files", diff_files);
  diff.add_option("BEFORE", commands.given().file)->required();
  diff.add_option("AFTER", commands.given().other)->required();
  diff.footer("Exit codes: 0 the same; 1 different; 2 a file cannot be read.");

  CLI::App& shown = commands.add("show", "what a file holds, or one case of it", show);
  shown.add_option("FILE", commands.given().file)->required();
  shown.add_option("ID", commands.given().id, "a case's number or line");

  CLI::App& covered =
      commands.add("coverage", "which values, and pairs of values, a file's cases have", coverage);
  covered.add_option("FILE", commands.given().file, "a golden file; reference.h5 if none is named");
  covered.footer("Exit codes: 0 every pair is there; 1 one is missing; 2 the file cannot be read.");

  CLI::App& agreed = commands.add(
      "witness", "how other code bases agree with a file, and every case in which they do not",
      witness);
  agreed.add_option("FILE", commands.given().file, "a golden file; reference.h5 if none is named");
  agreed.add_option("WITNESS", commands.given().files,
                    "files of the same cases by others; witness_torch.h5 if none is named");
  agreed.footer("Exit codes: 0 all agree; 1 one does not; 2 a file cannot be read.");
}

void add_accept(CLI::App& command, Given& given) {
  command.add_option("--accept", given.reason,
                     "overwrite the file though it changes, for this reason, which it will hold");
  command.footer(
      "Exit codes: 0 written; 1 different, and not accepted; 2 cannot be read or written.");
}

void add_writing(Commands& commands) {
  CLI::App& made =
      commands.add("generate", "a golden file from case lines, by the reference", generate_file);
  made.add_option("CORPUS", commands.given().corpus, "case lines, one a line")->required();
  made.add_option("-o,--output", commands.given().file, "the file to write")->required();
  made.add_flag("--tables", commands.given().tables, "also the tables of all shape helpers");
  add_accept(made, commands.given());

  CLI::App& again = commands.add("regenerate", "answer a file's cases again", regenerate_file);
  again.add_option("FILE", commands.given().file)->required();
  add_accept(again, commands.given());

  CLI::App& out = commands.add("export", "a case as .npy files", export_from);
  out.add_option("FILE", commands.given().file)->required();
  out.add_option("ID", commands.given().id, "a case's number or line")->required();
  out.add_option("-o,--output", commands.given().folder, "the folder to write")->required();

  CLI::App& in =
      commands.add("import", "add a case of .npy files, or of a bundle, to a file", import_into);
  in.add_option("FILE", commands.given().file, "a golden file, made if it is not there")
      ->required();
  in.add_option("FROM", commands.given().folder,
                "a folder as export writes it, or a bundle of DebugMode")
      ->required();

  CLI::App& lines =
      commands.add("corpus", "the case lines of the committed files, made again", corpus);
  lines.add_option("NAME", commands.given().name, "reference or special")->required();
}

}  // namespace

void add_fixtures_commands(CLI::App& app, int& exit_code) {
  CLI::App* fixtures = app.add_subcommand("fixtures", "golden files: answers that stay");
  fixtures->require_subcommand(1);
  Commands commands(*fixtures, exit_code);
  add_reading(commands);
  add_writing(commands);
}

}  // namespace convcheck

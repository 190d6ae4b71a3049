// The `rustybt` command. Everything it does is in rustybt/cli.
#include "rustybt/cli/commands.hpp"

int main(int argc, char** argv) { return rustybt::cli::run_cli(argc, argv); }

package io.ropewalk.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** How mistakes and failures are told: on standard error, each line beginning with who speaks. Exit code 1. */
final class Complaints {
    private static final int FAILED = 1;
    private static final String WRONG_NUMBER = "wrong number of arguments.";

    private Complaints() {}

    static void print(PrintWriter err, String line) {
        err.print("gmultipath: " + line + "\n");
        err.flush();
    }

    /** The verb was understood and not done. */
    static int failed(Exception failure, CommandLine commandLine, ParseResult parsed) throws Exception {
        if (!(failure instanceof CliException said)) {
            throw failure;
        }
        said.lines().forEach(line -> print(commandLine.getErr(), line));
        return FAILED;
    }

    /** What was typed is not understood: why, and the usage of the verb. */
    static int badUsage(ParameterException mistake, String[] args) {
        CommandLine commandLine = mistake.getCommandLine();
        print(commandLine.getErr(), explanation(mistake, commandLine));
        commandLine.usage(commandLine.getErr());
        return FAILED;
    }

    private static String explanation(ParameterException mistake, CommandLine commandLine) {
        if (mistake instanceof OverwrittenOptionException twice) {
            return "Option '" + name(twice.getOverwritten()) + "' specified twice.";
        }
        if (mistake instanceof UnmatchedArgumentException unmatched && !unmatched.isUnknownOption()) {
            boolean isVerb = commandLine.getParent() == null;
            return isVerb ? "Unknown command: " + unmatched.getUnmatched().getFirst() + "." : WRONG_NUMBER;
        }
        return isWithoutArguments(mistake) ? WRONG_NUMBER : String.valueOf(mistake.getMessage());
    }

    private static String name(ArgSpec argument) {
        return argument instanceof OptionSpec option
                ? option.shortestName().replaceFirst("^-+", "")
                : argument.paramLabel();
    }

    private static boolean isWithoutArguments(ParameterException mistake) {
        return mistake instanceof MissingParameterException missing
                && missing.getMissing().stream().allMatch(ArgSpec::isPositional);
    }
}

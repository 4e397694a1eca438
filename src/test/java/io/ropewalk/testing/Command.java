package io.ropewalk.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program that is run to its end. */
public record Command(int exitCode, String output) {

    /** Runs {@code command} and gives what it said on both streams. Fails when it takes longer than a minute. */
    public static Command run(String... command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
        // Debian's tools in Python want Debian's Python.
        builder.environment().merge("PATH", "", (path, none) -> "/usr/bin:" + path);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("Still running after a minute: " + List.of(command));
        }
        return new Command(process.exitValue(), output.strip());
    }

    /** The output of a command that must succeed. */
    public static String output(String... command) throws IOException, InterruptedException {
        Command done = run(command);
        if (done.exitCode != 0) {
            throw new AssertionError(List.of(command) + " failed with " + done.exitCode + ": " + done.output);
        }
        return done.output;
    }

    public boolean isSuccess() {
        return exitCode == 0;
    }
}

package io.ropewalk.testing;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** Programs of the system that tests run against. */
public final class Tools {
    private Tools() {}

    /** Where {@code tool} is; without it the test is skipped, or fails when {@code CI=true}. */
    public static Path require(String tool) {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
            Path candidate = Path.of(folder, tool);
            if (Files.isExecutable(candidate)) {
                return candidate;
            }
        }
        String hint = tool + " is not installed; install the Debian package that has it";
        if ("true".equals(System.getenv("CI"))) {
            return Assertions.fail(hint);
        }
        Assumptions.abort(hint);
        throw new AssertionError("unreachable");
    }
}

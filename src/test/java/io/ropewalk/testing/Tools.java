package io.ropewalk.testing;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** Programs that a test needs. Missing ones skip the test; where {@code CI=true} they fail it. */
public final class Tools {
    private Tools() {}

    /** The program {@code tool} on PATH, or in the folders for administrators. */
    public static Path require(String tool) {
        Optional<Path> found = find(tool);
        need(found.isPresent(), "needs " + tool + "; install it (Debian: apt-get install " + tool + ")");
        return found.orElseThrow();
    }

    /** Skips the test unless {@code condition}; fails it where {@code CI=true}. */
    public static void need(boolean condition, String hint) {
        if (!condition && "true".equals(System.getenv("CI"))) {
            Assertions.fail(hint);
        }
        Assumptions.assumeTrue(condition, hint);
    }

    private static Optional<Path> find(String tool) {
        String folders = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin";
        return Arrays.stream(folders.split(File.pathSeparator))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, tool))
                .filter(Files::isExecutable)
                .findFirst();
    }
}

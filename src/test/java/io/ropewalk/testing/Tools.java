package io.ropewalk.testing;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** Programs that tests run beside the service. */
public final class Tools {
    private Tools() {}

    /** Where {@code tool} is. Where it is missing the test is skipped with a hint, and fails when {@code CI=true}. */
    public static Path require(String tool) {
        Optional<Path> found = find(tool);
        String hint = tool + " is not on the PATH; on Debian, apt-get install brings it";
        if (found.isEmpty() && "true".equals(System.getenv("CI"))) {
            Assertions.fail(hint);
        }
        Assumptions.assumeTrue(found.isPresent(), hint);
        return found.orElseThrow();
    }

    private static Optional<Path> find(String tool) {
        String path = System.getenv().getOrDefault("PATH", "");
        return Arrays.stream(path.split(File.pathSeparator))
                .map(folder -> Path.of(folder, tool))
                .filter(Files::isExecutable)
                .findFirst();
    }
}

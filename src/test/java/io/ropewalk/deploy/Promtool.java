package io.ropewalk.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.testing.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Prometheus' own checker. */
final class Promtool {
    private Promtool() {}

    /** Runs {@code promtool ARGUMENTS} and expects it to be content. */
    static void passes(String... arguments) {
        List<String> command = new ArrayList<>(List.of(Tools.require("promtool").toString()));
        command.addAll(List.of(arguments));
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as("%s%n%s", command, output).isZero();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}

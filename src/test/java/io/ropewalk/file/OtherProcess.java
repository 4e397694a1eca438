package io.ropewalk.file;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.DeviceException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;

/** A second process that opens a device and keeps it until it is closed. */
final class OtherProcess implements AutoCloseable {
    private final Process process;
    private final String said;

    private OtherProcess(Process process, String said) {
        this.process = process;
        this.said = said;
    }

    /** Starts a JVM that opens {@code uri}, and waits until it has or was refused. */
    static OtherProcess open(URI uri) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.real.class.path", System.getProperty("java.class.path")),
                        OtherProcess.class.getName(),
                        uri.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        return new OtherProcess(process, Objects.requireNonNullElse(output.readLine(), "nothing"));
    }

    /** "OPEN", or why not. */
    String said() {
        return said;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        process.getOutputStream().close();
        process.waitFor();
    }

    /** Opens the URI given, says how that went, and ends with its standard input. */
    public static void main(String[] arguments) throws IOException {
        BlockDevice device = null;
        try {
            device = new FileDeviceFactory().open("other", URI.create(arguments[0]));
            System.out.println("OPEN");
        } catch (DeviceException e) {
            System.out.println(e.reason() + " " + e.getMessage());
        }
        while (System.in.read() >= 0) {}
        if (device != null) {
            device.close();
        }
    }
}

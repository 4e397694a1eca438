package io.ropewalk.failover;

import io.ropewalk.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One run of fio's nbd engine: 4 KiB random writes and reads at depth 16, every block verified. */
final class Fio {
    private final Process process;
    private final Path output;

    /** The longest that one request took, and how many there were. */
    record Result(int exitStatus, String errors, long requests, double longestMillis) {}

    private Fio(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /** {@code more} are further options of fio. */
    static Fio start(Path folder, String uri, int seconds, String... more) throws IOException {
        Path output = folder.resolve("fio.json");
        List<String> command = new ArrayList<>(List.of(
                Tools.require("fio").toString(),
                "--name=verify",
                "--ioengine=nbd",
                "--uri=" + uri,
                "--rw=randwrite",
                "--bs=4k",
                "--iodepth=16",
                "--size=32M",
                "--verify=crc32c",
                "--verify_fatal=1",
                "--verify_backlog=256",
                "--time_based",
                "--runtime=" + seconds,
                "--output-format=json",
                "--output=" + output));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("fio.log").toFile())
                .start();
        return new Fio(process, output);
    }

    boolean isRunning() {
        return process.isAlive();
    }

    /** Ends it early: what is in flight is answered and verified, then it reports. Its exit status is 128 if all went well. */
    Result finish() throws Exception {
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor(10, TimeUnit.SECONDS);
        return await(60);
    }

    /** At once, whatever it is doing. */
    void end() {
        process.destroyForcibly();
    }

    Result await(int seconds) throws Exception {
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("fio hangs");
        }
        String log = Files.readString(output.resolveSibling("fio.log"));
        String text = Files.readString(output);
        int start = text.indexOf('{');
        if (start < 0) {
            return new Result(process.exitValue(), log + text, 0, 0);
        }
        JsonNode job = JsonMapper.builder()
                .build()
                .readTree(text.substring(start))
                .path("jobs")
                .path(0);
        double longest = Math.max(longest(job.path("read")), longest(job.path("write")));
        long requests = job.path("read").path("total_ios").asLong()
                + job.path("write").path("total_ios").asLong();
        String errors = job.path("error").asInt() == 0 ? "" : log + text.substring(0, start);
        return new Result(process.exitValue(), errors, requests, longest);
    }

    private static double longest(JsonNode direction) {
        return direction.path("lat_ns").path("max").asLong() / 1e6;
    }
}

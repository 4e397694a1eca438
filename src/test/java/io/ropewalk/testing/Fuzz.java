package io.ropewalk.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;

/**
 * Runs a fuzz target over its committed corpus and over mutants of it: what a build can afford. The search that follows
 * coverage is {@code .ci/fuzz}; it calls the same targets ({@code fuzzerTestOneInput}) and begins with the same corpus.
 *
 * <p>{@code -Dropewalk.fuzz.mutants=N} makes N mutants of each input, 200 when left out; {@code
 * -Dropewalk.fuzz.seed=N} makes others. The same seed makes the same mutants.
 */
public final class Fuzz {
    /** Where the corpus of each target lies, in a folder of its own. */
    private static final Path CORPUS = Path.of("src/test/resources/fuzz");

    private static final int MUTANTS = Integer.getInteger("ropewalk.fuzz.mutants", 200);
    private static final long SEED = Long.getLong("ropewalk.fuzz.seed", 1);
    private static final Logger ROOT = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private static final Logger CONTROL = (Logger) LoggerFactory.getLogger("io.ropewalk");
    private static final int MOST_CHANGES = 6;
    private static final int LONGEST_MUTANT = 64 << 10;

    /** Where bugs live in numbers. */
    private static final long[] INTERESTING = {
        0,
        1,
        2,
        3,
        7,
        8,
        16,
        127,
        128,
        255,
        256,
        511,
        512,
        4096,
        4097,
        32767,
        65535,
        65536,
        1 << 20,
        (1 << 20) + 1,
        1 << 25,
        (1 << 25) + 1,
        Integer.MAX_VALUE,
        1L << 31,
        0xffffffffL,
        1L << 32,
        Long.MAX_VALUE,
        -1,
        -2,
        Long.MIN_VALUE
    };

    private Fuzz() {}

    /** What one input is tried on; an exception is a find. */
    public interface Target {
        void accept(byte[] input) throws Exception;
    }

    /** The inputs of the corpus named {@code name}; each was once a find, or reaches code that others do not. */
    public static List<Path> corpus(String name) {
        try (Stream<Path> files = Files.list(CORPUS.resolve(name))) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Tries every input of the corpus as it is. */
    public static void replay(String name, Target target) {
        quietly(() -> {
            for (Path file : corpus(name)) {
                attempt(file.getFileName().toString(), read(file), target);
            }
        });
    }

    /** Tries mutants of every input of the corpus. */
    public static void mutate(String name, Target target) {
        List<byte[]> corpus = corpus(name).stream().map(Fuzz::read).toList();
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        quietly(() -> {
            for (byte[] input : corpus) {
                for (int i = 0; i < MUTANTS; i++) {
                    attempt("a mutant of seed " + SEED, mutant(input, corpus, random), target);
                }
            }
        });
    }

    /** What targets log is of no interest: they are refused a thousand times a second. */
    public static void silence() {
        ROOT.setLevel(Level.OFF);
        CONTROL.setLevel(Level.OFF);
    }

    private static void quietly(Runnable task) {
        Level root = ROOT.getLevel();
        Level control = CONTROL.getLevel();
        silence();
        try {
            task.run();
        } finally {
            ROOT.setLevel(root);
            CONTROL.setLevel(control);
        }
    }

    private static void attempt(String what, byte[] input, Target target) {
        try {
            target.accept(input);
        } catch (Exception | AssertionError e) {
            throw new AssertionError(
                    what + " was a find; keep it in the corpus: "
                            + HexFormat.of().formatHex(input),
                    e);
        }
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] mutant(byte[] input, List<byte[]> corpus, RandomGenerator random) {
        byte[] bytes = input;
        for (int i = random.nextInt(MOST_CHANGES) + 1; i > 0; i--) {
            bytes = change(bytes, corpus, random);
        }
        return bytes;
    }

    private static byte[] change(byte[] bytes, List<byte[]> corpus, RandomGenerator random) {
        int at = random.nextInt(bytes.length + 1);
        int to = at + random.nextInt(bytes.length - at + 1);
        return switch (random.nextInt(6)) {
            case 0 -> withBitFlipped(bytes, at, random);
            case 1 -> withNumber(bytes, at, random);
            case 2 -> join(bytes, 0, at, bytes, to, bytes.length);
            case 3 -> join(bytes, 0, to, bytes, at, bytes.length);
            case 4 -> splice(bytes, at, corpus.get(random.nextInt(corpus.size())), random);
            default -> withNoise(bytes, at, to, random);
        };
    }

    private static byte[] withBitFlipped(byte[] bytes, int at, RandomGenerator random) {
        byte[] changed = bytes.clone();
        if (at < changed.length) {
            changed[at] ^= (byte) (1 << random.nextInt(8));
        }
        return changed;
    }

    private static byte[] withNumber(byte[] bytes, int at, RandomGenerator random) {
        long number = INTERESTING[random.nextInt(INTERESTING.length)];
        int width = 1 << random.nextInt(4);
        byte[] big = ByteBuffer.allocate(Long.BYTES).putLong(number).array();
        byte[] changed = bytes.clone();
        for (int i = 0; i < width && at + i < changed.length; i++) {
            changed[at + i] = big[Long.BYTES - width + i];
        }
        return changed;
    }

    private static byte[] withNoise(byte[] bytes, int from, int to, RandomGenerator random) {
        byte[] changed = bytes.clone();
        for (int i = from; i < Math.min(to, from + 16); i++) {
            changed[i] = (byte) random.nextInt();
        }
        return changed;
    }

    private static byte[] splice(byte[] bytes, int at, byte[] other, RandomGenerator random) {
        return join(bytes, 0, at, other, random.nextInt(other.length + 1), other.length);
    }

    private static byte[] join(byte[] first, int from, int to, byte[] second, int begin, int end) {
        byte[] head = Arrays.copyOfRange(first, from, to);
        int length = Math.min(LONGEST_MUTANT, head.length + end - begin);
        byte[] joined = Arrays.copyOf(head, length);
        System.arraycopy(second, begin, joined, Math.min(head.length, length), Math.max(0, length - head.length));
        return joined;
    }
}

package io.ropewalk.file;

import io.ropewalk.file.Stat.Identity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What this system itself does with a disk: whether it, a partition of it or the disk that it is a partition of is
 * mounted, is used for swapping, or carries another device (LVM, dm-crypt, md). The kernel keeps writers away from such
 * a disk (O_EXCL) without saying why, and lets readers in, who would see half of what is in its caches.
 *
 * <p>A look at files of the kernel's; what cannot be read is taken for not in use. Blocks shortly; any thread.
 */
final class DiskUse {
    private static final DiskUse SYSTEM =
            new DiskUse(Path.of("/proc/self/mountinfo"), Path.of("/proc/swaps"), Path.of("/sys/dev/block"));
    private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

    private final Path mounts;
    private final Path swaps;
    private final Path devices;

    /** The three as the kernel writes them. */
    DiskUse(Path mounts, Path swaps, Path devices) {
        this.mounts = mounts;
        this.swaps = swaps;
        this.devices = devices;
    }

    static Optional<String> of(Identity store) {
        return SYSTEM.find(store);
    }

    /** What it is used for, one clause for people; empty when for nothing. */
    Optional<String> find(Identity store) {
        if (!store.block()) {
            return swapped(store, Set.of());
        }
        Set<String> family = family(store.deviceNumbers());
        return swapped(store, family).or(() -> mounted(family)).or(() -> held(family));
    }

    /** The numbers of the device, of its partitions, and of the disk that it is a partition of. */
    private Set<String> family(String numbers) {
        Set<String> family = new LinkedHashSet<>(List.of(numbers));
        Path device = devices.resolve(numbers);
        try {
            Path real = device.toRealPath();
            if (Files.exists(real.resolve("partition")) && real.getParent() != null) {
                family.add(Files.readString(real.getParent().resolve("dev")).strip());
            }
            try (DirectoryStream<Path> parts = Files.newDirectoryStream(real, DiskUse::isPartition)) {
                for (Path part : parts) {
                    family.add(Files.readString(part.resolve("dev")).strip());
                }
            }
        } catch (IOException notTold) {
            // Then it stands for itself.
        }
        return family;
    }

    private static boolean isPartition(Path folder) {
        return Files.exists(folder.resolve("partition"));
    }

    /** Fields: id, parent, major:minor, root, mount point, options …, "-", type, source, more options. */
    private Optional<String> mounted(Set<String> family) {
        for (String line : lines(mounts)) {
            String[] fields = line.split(" ");
            if (fields.length > 4 && (family.contains(fields[2]) || family.contains(numbersOf(source(fields))))) {
                return Optional.of("it is mounted on " + unescaped(fields[4]) + "; unmount that first");
            }
        }
        return Optional.empty();
    }

    /** A file system over several disks (btrfs) has a number of its own; one of its disks stands as source. */
    private static String source(String[] fields) {
        for (int i = 6; i + 2 < fields.length; i++) {
            if (fields[i].equals("-")) {
                return fields[i + 2];
            }
        }
        return "";
    }

    private Optional<String> swapped(Identity store, Set<String> family) {
        for (String line : lines(swaps)) {
            String file = unescaped(line.split("\\s")[0]);
            if (file.startsWith("/")
                    && (identityOf(file).filter(store::equals).isPresent() || family.contains(numbersOf(file)))) {
                return Optional.of("the system swaps to it; end that first (swapoff)");
            }
        }
        return Optional.empty();
    }

    private Optional<String> held(Set<String> family) {
        for (String numbers : family) {
            for (String holder : names(devices.resolve(numbers).resolve("holders"))) {
                return Optional.of("the device " + holder + " is built on it; take that apart first");
            }
        }
        return Optional.empty();
    }

    private static String numbersOf(String path) {
        return path.startsWith("/dev/")
                ? identityOf(path)
                        .filter(Identity::block)
                        .map(Identity::deviceNumbers)
                        .orElse("")
                : "";
    }

    private static Optional<Identity> identityOf(String path) {
        Stat stat = new Stat();
        return Libc.statx(path.getBytes(StandardCharsets.UTF_8), stat) < 0
                ? Optional.empty()
                : Optional.of(stat.identity());
    }

    private static List<String> names(Path folder) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            entries.forEach(entry -> names.add(String.valueOf(entry.getFileName())));
        } catch (IOException none) {
            // Nobody holds it, as far as can be seen.
        }
        return names;
    }

    /** In ISO-8859-1, in which every line can be read: names are compared as the kernel writes them. */
    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        } catch (IOException notThere) {
            return List.of();
        }
    }

    private static String unescaped(String text) {
        return OCTAL.matcher(text)
                .replaceAll(octal ->
                        Matcher.quoteReplacement(Character.toString((char) Integer.parseInt(octal.group(1), 8))));
    }
}

package io.ropewalk.file;

import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Which files, block devices and Unix sockets a caller may make the service open. What counts is where a path leads in
 * the end, links followed, asked of the kernel about what is about to be opened: neither a link nor a swap between look
 * and open leads out. Immutable; any thread.
 */
public final class AllowedPaths {
    /** Where regular files are knobs and mirrors of the system, the memory of every process among them. */
    private static final List<Path> NO_FILES = List.of(Path.of("/proc"), Path.of("/sys"));

    private static final Pattern WILDCARD = Pattern.compile("[*?\\[{]");

    /** Whose links the system makes, so that they may change and are followed anew each time. */
    private static final Path DEVICES = Path.of("/dev");

    /** Every path but those that are no files; after what it is made with. */
    public static final AllowedPaths EVERY = new AllowedPaths(List.of("/"), List.of());

    private final List<Entry> allowed;
    private final List<Path> refused;

    /** Something that is allowed: a path, or a pattern. */
    private sealed interface Entry {
        boolean covers(Path real);
    }

    /**
     * The rules.
     *
     * @param allowed absolute paths: a file or device, a folder for all that is below, or a pattern with wildcards as
     *     {@code /dev/disk/by-id/*}. Links are followed here and now, so that whoever can change what lies there cannot
     *     change what is allowed; those below /dev, which are the system's, whenever something is opened
     * @param refused files that are not opened whatever is allowed
     */
    public AllowedPaths(List<String> allowed, List<Path> refused) {
        this.allowed = allowed.stream().map(AllowedPaths::entry).toList();
        this.refused = refused.stream().map(AllowedPaths::followed).toList();
    }

    private static Entry entry(String text) {
        if (!text.startsWith("/")) {
            throw new IllegalArgumentException("'" + text + "' is not an absolute path");
        }
        Path path = Path.of(text).normalize();
        if (WILDCARD.matcher(text).find()) {
            return new Wildcard(FileSystems.getDefault().getPathMatcher("glob:" + text), path);
        }
        return path.startsWith(DEVICES) ? new Link(path) : new Place(followed(path));
    }

    /** A file, or a folder with all that is below. */
    private record Place(Path path) implements Entry {
        @Override
        public boolean covers(Path real) {
            return real.startsWith(path);
        }
    }

    /** A path whose links are followed anew each time. */
    private record Link(Path path) implements Entry {
        @Override
        public boolean covers(Path real) {
            return real.startsWith(followed(path));
        }
    }

    private record Wildcard(PathMatcher matcher, Path pattern) implements Entry {
        @Override
        public boolean covers(Path real) {
            return matcher.matches(real) || pattern.startsWith(DEVICES) && isLinkedTo(real);
        }

        /** Whether a link that the pattern finds leads to {@code real}. */
        private boolean isLinkedTo(Path real) {
            try (DirectoryStream<Path> links = Files.newDirectoryStream(
                    Objects.requireNonNull(pattern.getParent()),
                    link -> matcher.matches(link) && followed(link).equals(real))) {
                return links.iterator().hasNext();
            } catch (IOException noSuchFolder) {
                return false;
            }
        }
    }

    /**
     * Holds on to the Unix socket at {@code path}, so that what is connected to is what was looked at. Blocks.
     *
     * @throws DeviceException NOT_ALLOWED for what may not be opened; UNREACHABLE when nothing is there
     */
    public PinnedPath pinSocket(String path) throws DeviceException {
        PinnedPath pinned = pinAnything(path);
        if (pinned.stat().type() != Stat.Type.SOCKET) {
            String found = String.valueOf(pinned.stat().type());
            pinned.close();
            throw new DeviceException(
                    Reason.UNSUITABLE, "Cannot connect to " + path + ": it is " + found + ", not a socket.");
        }
        return pinned;
    }

    private PinnedPath pinAnything(String path) throws DeviceException {
        try {
            return pin(path.getBytes(StandardCharsets.UTF_8), path);
        } catch (PinnedPath.ErrnoException e) {
            throw e.errno() == Errno.EACCES
                    ? new DeviceException(
                            Reason.NOT_ALLOWED,
                            "The system does not allow to connect to " + path + "; check its permissions.",
                            e)
                    : new DeviceException(
                            Reason.UNREACHABLE,
                            "There is no socket " + path + "; start the NBD server there or correct the URI.",
                            e);
        }
    }

    /** Holds on to what {@code target} leads to. NOT_ALLOWED for what may not be opened. Blocks. */
    PinnedPath pin(FileTarget target) throws DeviceException {
        try {
            return pin(target.pathBytes(), target.display());
        } catch (PinnedPath.ErrnoException e) {
            throw Refusals.atOpen(target, e.errno());
        }
    }

    private PinnedPath pin(byte[] path, String display) throws DeviceException, PinnedPath.ErrnoException {
        PinnedPath pinned;
        try {
            pinned = PinnedPath.of(path);
        } catch (PinnedPath.ErrnoException e) {
            // Who may not open a place is not told what is there.
            if (!isAllowed(display)) {
                throw refusal(display);
            }
            throw e;
        }
        if (!leadsToAllowed(pinned)) {
            pinned.close();
            throw refusal(display);
        }
        return pinned;
    }

    private boolean leadsToAllowed(PinnedPath pinned) {
        try {
            return isAllowed(pinned.real());
        } catch (IOException nobodyKnowsWhere) {
            return false;
        }
    }

    private boolean isAllowed(String path) {
        try {
            return isAllowed(Path.of(path));
        } catch (InvalidPathException notOfThisLocale) {
            return false;
        }
    }

    private boolean isAllowed(Path real) {
        return real.isAbsolute()
                && NO_FILES.stream().noneMatch(real::startsWith)
                && refused.stream().noneMatch(real::equals)
                && allowed.stream().anyMatch(entry -> entry.covers(real));
    }

    private static Path followed(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException nothingThere) {
            return path;
        }
    }

    private static DeviceException refusal(String display) {
        return new DeviceException(
                Reason.NOT_ALLOWED,
                "Cannot open " + display
                        + ": this service may not open what it leads to; see ropewalk.allow.paths in its configuration");
    }
}

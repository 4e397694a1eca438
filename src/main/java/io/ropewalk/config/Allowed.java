package io.ropewalk.config;

import io.ropewalk.file.AllowedPaths;
import io.ropewalk.file.PinnedPath;
import io.ropewalk.inventory.DeviceSpec;
import io.ropewalk.nbd.NbdAllowedServers;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What devices may lead to: what {@link AllowProperties} say, and what the configuration declares or looks for. */
record Allowed(AllowedPaths paths, NbdAllowedServers servers) {
    private static final String PREFIX = "ropewalk.allow.";
    private static final int NBD_PORT = 10809;
    private static final Pattern SOCKET = Pattern.compile("(?:^|&)socket=([^&]*)");
    private static final List<String> LOOPBACK = List.of("127.0.0.0/8", "::1/128");

    /** What is ours and no disk: whoever could write to it would own the service. */
    private static final List<String> OWN_FILES = List.of("inventory.mv.db", "inventory.trace.db", "ropewalk.lock");

    /**
     * Reads the rules.
     *
     * @param exposed whether others than this machine can reach the API
     * @param declared devices that the configuration, or the demo, names
     * @param scan what is looked for: where it says what of that may be taken, no more than that is allowed
     * @throws StartupException for an entry that cannot be read
     */
    static Allowed of(
            AllowProperties properties, boolean exposed, Path dataDir, List<DeviceSpec> declared, ScanProperties scan) {
        List<String> paths = new ArrayList<>(
                Objects.requireNonNullElse(properties.paths(), exposed ? List.<String>of() : List.of("/")));
        List<String> servers = new ArrayList<>();
        declared.forEach(device -> add(device.uri(), paths, servers));
        paths.addAll(scan.allow().isEmpty() ? scan.patterns() : scan.allow());
        AllowedPaths allowedPaths = read("paths", () -> new AllowedPaths(paths, ownFiles(dataDir)));
        List<String> ports = Objects.requireNonNullElse(properties.ports(), List.of());
        NbdAllowedServers allowedServers = read(
                "hosts or ports",
                () -> new NbdAllowedServers(
                        Objects.requireNonNullElse(properties.hosts(), List.of(NbdAllowedServers.EVERY_HOST)),
                        ports,
                        exposed && properties.hosts() == null ? LOOPBACK : List.of(),
                        servers,
                        path -> held(allowedPaths.pinSocket(path))));
        return new Allowed(allowedPaths, allowedServers);
    }

    private static List<Path> ownFiles(Path dataDir) {
        Path folder = dataDir.toAbsolutePath().normalize();
        return OWN_FILES.stream().map(folder::resolve).toList();
    }

    /** What cannot be read is nobody's concern here: it is refused where it is declared. */
    private static void add(String text, List<String> paths, List<String> servers) {
        try {
            URI uri = URI.create(text.strip());
            Matcher socket = SOCKET.matcher(Objects.requireNonNullElse(uri.getQuery(), ""));
            if (uri.getHost() != null && !uri.getHost().isEmpty()) {
                int port = uri.getPort() < 0 ? NBD_PORT : uri.getPort();
                servers.add(uri.getHost().replaceAll("[\\[\\]]", "").toLowerCase(Locale.ROOT) + ":" + port);
            } else if (socket.find() && socket.group(1).startsWith("/")) {
                paths.add(socket.group(1));
            } else if (uri.getPath() != null && uri.getPath().startsWith("/")) {
                paths.add(uri.getPath());
            }
        } catch (IllegalArgumentException unreadable) {
            // See above.
        }
    }

    private static NbdAllowedServers.Held held(PinnedPath socket) {
        return new NbdAllowedServers.Held() {
            @Override
            public Path door() {
                return socket.door();
            }

            @Override
            public void close() {
                socket.close();
            }
        };
    }

    private static <T> T read(String what, Supplier<T> reading) {
        try {
            return reading.get();
        } catch (IllegalArgumentException e) {
            throw new StartupException(
                    PREFIX + what + " cannot be: " + e.getMessage() + ".",
                    "Correct " + PREFIX + what + ", or leave it out.",
                    e);
        }
    }
}

package io.ropewalk.nbd;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where the NBD server of this very service listens. Its client connects to none of these: a geom with a path to its own
 * export would send every request to itself, without end. Thread-safe.
 */
public final class NbdOwnDoors {
    private volatile @Nullable InetSocketAddress tcp;
    private volatile @Nullable Path unixSocket;

    /** The server listens there now, or is about to; null for a door that it does not have. */
    public void set(@Nullable InetSocketAddress newTcp, @Nullable Path newUnixSocket) {
        tcp = newTcp;
        unixSocket = newUnixSocket == null ? null : plain(newUnixSocket);
    }

    /** Whether who connects to {@code address} meets our server. */
    boolean includes(InetSocketAddress address) {
        InetSocketAddress door = tcp;
        if (door == null || door.getPort() != address.getPort()) {
            return false;
        }
        return door.getAddress().isAnyLocalAddress()
                ? isOfThisMachine(address.getAddress())
                : door.getAddress().equals(address.getAddress());
    }

    /** Whether our server listens on this Unix socket. */
    boolean includes(Path socket) {
        return plain(socket).equals(unixSocket);
    }

    private static boolean isOfThisMachine(InetAddress address) {
        try {
            return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException unknown) {
            return false;
        }
    }

    private static Path plain(Path path) {
        return path.toAbsolutePath().normalize();
    }
}

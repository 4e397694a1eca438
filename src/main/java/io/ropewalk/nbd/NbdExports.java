package io.ropewalk.nbd;

import java.util.List;
import java.util.Optional;

/**
 * What there is to serve, to whom. Asked on event loops at every handshake, so that changes take effect at once: answers
 * come from memory and never block.
 */
public interface NbdExports {
    /** What {@code peer} may see, in the order to list. */
    List<NbdExport> list(NbdPeer peer);

    /**
     * The export of that name, when {@code peer} may use it. Where the empty name, NBD's "default export", is not found,
     * the server takes the only export of {@link #list} when there is exactly one.
     */
    Optional<NbdExport> find(String name, NbdPeer peer);
}

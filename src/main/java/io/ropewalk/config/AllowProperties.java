package io.ropewalk.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a caller of the API may make the service open. What the configuration itself declares, and what
 * ropewalk.scan finds, is allowed.
 *
 * @param paths files, block devices and Unix sockets: absolute paths, folders for all that is below, patterns as
 *     /dev/disk/by-id/*; what counts is where links lead in the end. Left out: every one while server.address is loopback,
 *     else none
 * @param hosts NBD servers: addresses, networks as 10.20.0.0/16, host names, and * for every ordinary address; link-local,
 *     multicast and cloud metadata addresses only where an address or network here covers them. Left out: *, without
 *     loopback while server.address is not loopback
 * @param ports of NBD servers, as 10809 or 10809-10820; every port when left out
 */
record AllowProperties(
        @Nullable List<String> paths,
        @Nullable List<String> hosts,
        @Nullable List<String> ports) {}

package io.ropewalk.inventory;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceFactory;
import io.ropewalk.block.Uris;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/** What opens devices, by URI scheme. Immutable; any thread. */
final class Factories {
    private final SortedMap<String, DeviceFactory> byScheme = new TreeMap<>();

    Factories(List<DeviceFactory> factories) {
        for (DeviceFactory factory : factories) {
            for (String scheme : factory.schemes()) {
                if (byScheme.put(scheme, factory) != null) {
                    throw new IllegalArgumentException("Two device factories open URIs of scheme " + scheme);
                }
            }
        }
    }

    /** The one form of {@code text} that equal devices share. Touches no device. INVALID_URI. */
    URI normalize(String text) {
        URI uri = parse(text);
        try {
            return factoryOf(uri).normalize(uri);
        } catch (DeviceException e) {
            throw Refusals.invalidUri(Uris.shown(text), Refusals.sentence(String.valueOf(e.getMessage())));
        }
    }

    /** Whether {@code other} leads where the normalized {@code uri} does; never when nobody here opens its scheme. */
    boolean isSame(String other, String uri) {
        try {
            return normalize(other).toString().equals(uri);
        } catch (InventoryException e) {
            return false;
        }
    }

    /** Opens the device; blocks for a bounded time. What a factory throws unexpectedly becomes UNREACHABLE, too. */
    BlockDevice open(String name, URI uri) throws DeviceException {
        try {
            return factoryOf(uri).open(name, uri);
        } catch (InventoryException e) {
            throw new DeviceException(DeviceException.Reason.INVALID_URI, e.detail(), e);
        } catch (RuntimeException e) {
            throw new DeviceException(
                    DeviceException.Reason.UNREACHABLE, "Opening " + Uris.shown(uri) + " failed unexpectedly: " + e, e);
        }
    }

    private DeviceFactory factoryOf(URI uri) {
        DeviceFactory factory = byScheme.get(uri.getScheme().toLowerCase(Locale.ROOT));
        if (factory == null) {
            throw Refusals.invalidUri(
                    Uris.shown(uri),
                    "Nothing here opens URIs of scheme \"" + uri.getScheme() + "\"; known are "
                            + String.join(", ", byScheme.keySet()) + ".");
        }
        return factory;
    }

    private static URI parse(String text) {
        try {
            URI uri = new URI(text.strip());
            if (uri.getScheme() == null) {
                throw Refusals.invalidUri(
                        Uris.shown(text), "The URI \"" + Uris.shown(uri) + "\" has no scheme, as file: or nbd:.");
            }
            return uri;
        } catch (URISyntaxException e) {
            throw Refusals.invalidUri(Uris.shown(text), "The URI cannot be read: " + Refusals.sentence(e.getReason()));
        }
    }
}

package io.ropewalk.inventory;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who wants to hear of geoms and exports. Any thread. A listener that throws harms nobody but itself. */
final class Listeners {
    private static final Logger LOG = LoggerFactory.getLogger("io.ropewalk.control");

    private final List<InventoryListener> listeners = new CopyOnWriteArrayList<>();

    void add(InventoryListener listener) {
        listeners.add(listener);
    }

    void tell(Consumer<InventoryListener> news) {
        for (InventoryListener listener : listeners) {
            try {
                news.accept(listener);
            } catch (RuntimeException e) {
                LOG.error("A listener of the inventory failed unexpectedly", e);
            }
        }
    }
}

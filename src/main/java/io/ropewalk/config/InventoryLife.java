package io.ropewalk.config;

import io.ropewalk.inventory.DeviceScanner;
import io.ropewalk.inventory.Inventory;
import io.ropewalk.inventory.StoreException;
import org.jspecify.annotations.Nullable;

/** Brings back what existed and makes what is declared; ends all of it. */
final class InventoryLife extends Life {
    private final Inventory inventory;
    private final Declared declared;
    private final @Nullable DeviceScanner scanner;

    /** @param scanner null when no devices are looked for */
    InventoryLife(Inventory inventory, Declared declared, @Nullable DeviceScanner scanner) {
        super(Phase.INVENTORY);
        this.inventory = inventory;
        this.declared = declared;
        this.scanner = scanner;
    }

    @Override
    void begin() {
        try {
            inventory.start();
        } catch (StoreException e) {
            throw new StartupException(
                    String.valueOf(e.getMessage()),
                    "See to the database in ropewalk.data-dir, or restore it from a copy.",
                    e);
        }
        inventory.declare(declared.devices(), declared.geoms());
        if (scanner != null) {
            scanner.start();
        }
    }

    @Override
    void end() {
        if (scanner != null) {
            scanner.close();
        }
        inventory.close();
    }
}

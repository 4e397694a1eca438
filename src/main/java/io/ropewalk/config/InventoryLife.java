package io.ropewalk.config;

import io.ropewalk.inventory.Inventory;
import io.ropewalk.inventory.StoreException;

/** Brings back what existed and makes what is declared; ends all of it. */
final class InventoryLife extends Life {
    private final Inventory inventory;
    private final Declared declared;

    InventoryLife(Inventory inventory, Declared declared) {
        super(Phase.INVENTORY);
        this.inventory = inventory;
        this.declared = declared;
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
    }

    @Override
    void end() {
        inventory.close();
    }
}

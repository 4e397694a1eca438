/**
 * What should exist and what does: devices, geoms, exports.
 *
 * <p>{@link io.ropewalk.inventory.Inventory} is the door. A verb is checked, written to the {@link
 * io.ropewalk.inventory.InventoryStore} in one transaction, then carried out, all on one topology thread, and answers
 * when its effect is visible. Verbs that read or write labels wait for disks: they begin and end on that thread, and do
 * their I/O in between, at the {@link io.ropewalk.inventory.LabelDesk}. This room imports {@code block}, {@code engine} and {@code label}, and knows no Spring, no
 * HTTP, no NBD: who is connected comes in through {@link io.ropewalk.inventory.SessionPort}, what there is to serve goes
 * out through {@link io.ropewalk.inventory.InventoryListener}.
 */
@NullMarked
package io.ropewalk.inventory;

import org.jspecify.annotations.NullMarked;

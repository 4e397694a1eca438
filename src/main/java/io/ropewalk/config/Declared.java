package io.ropewalk.config;

import io.ropewalk.engine.Policies;
import io.ropewalk.inventory.DeviceSpec;
import io.ropewalk.inventory.GeomSpec;
import io.ropewalk.inventory.InventorySettings;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the configuration, and the demo, say should exist. */
record Declared(List<DeviceSpec> devices, List<GeomSpec> geoms) {
    static Declared of(RopewalkProperties properties, @Nullable DemoStage demo) {
        Policies defaults = properties.geomDefaults().over(InventorySettings.DEFAULT.policies());
        List<DeviceSpec> devices = new ArrayList<>();
        List<GeomSpec> geoms = new ArrayList<>();
        properties.devices().forEach((name, device) -> devices.add(new DeviceSpec(name, device.uri())));
        properties.geoms().forEach((name, geom) -> geoms.add(geom.spec(name, defaults)));
        if (demo != null) {
            devices.addAll(demo.devices());
            geoms.addAll(demo.geoms(defaults));
        }
        return new Declared(devices, geoms);
    }
}

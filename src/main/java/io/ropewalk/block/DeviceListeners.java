package io.ropewalk.block;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** The listeners of one device. Any thread. */
public final class DeviceListeners {
    private final List<DeviceListener> listeners = new CopyOnWriteArrayList<>();

    public void add(DeviceListener listener) {
        listeners.add(listener);
    }

    public void remove(DeviceListener listener) {
        listeners.remove(listener);
    }

    public void tell(Consumer<DeviceListener> news) {
        listeners.forEach(news);
    }
}

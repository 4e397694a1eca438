package io.ropewalk.config;

/**
 * A declared device.
 *
 * @param uri what it opens: nbd://host[:port]/export, nbd+unix:///export?socket=/path, file:///path
 */
record DeviceProperties(String uri) {
    @SuppressWarnings("ConstantValue") // The binder passes null for what is left out.
    DeviceProperties {
        if (uri == null) {
            throw new IllegalArgumentException("a declared device needs its uri");
        }
    }
}

package io.ropewalk.api;

/** Words that several resources share. */
final class Api {
    static final String BASE = "/api/v1";

    /** A name in a path: whatever has no colon, since a colon comes before a verb only. The inventory knows the rest. */
    static final String DEVICE = "{device:[^:]+}";

    static final String GEOM = "{geom:[^:]+}";
    static final String EXPORT = "{export:[^:]+}";
    static final String SESSION = "{id:[^:]+}";
    static final String OPERATION = "{operation:[^:]+}";

    static final String DEVICES_TAG = "Devices";
    static final String GEOMS_TAG = "Geoms";
    static final String PATHS_TAG = "Paths";
    static final String EXPORTS_TAG = "Exports";
    static final String EVENTS_TAG = "Events";
    static final String OPERATIONS_TAG = "Operations";
    static final String SYSTEM_TAG = "System";

    private Api() {}
}

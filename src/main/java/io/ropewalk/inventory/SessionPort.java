package io.ropewalk.inventory;

import java.util.List;

/** Who is connected to our exports. Asked on any thread, must not block for long. */
public interface SessionPort {
    /** Nobody, nowhere. */
    SessionPort NONE = new SessionPort() {
        @Override
        public List<SessionView> sessions(String export) {
            return List.of();
        }

        @Override
        public int count(String export) {
            return 0;
        }

        @Override
        public boolean disconnect(String export, String id) {
            return false;
        }

        @Override
        public void review(String export) {
            // There are none.
        }

        @Override
        public String uri(String export) {
            return "nbd://localhost/" + export;
        }
    };

    /** The open sessions of an export, in the order they were opened. */
    List<SessionView> sessions(String export);

    /** How many sessions are open on an export. */
    int count(String export);

    /**
     * Ends a session.
     *
     * @return false when there is none of that id
     */
    boolean disconnect(String export, String id);

    /** Ends the sessions on an export that would not be given to their clients as it is now. Quick, any thread. */
    void review(String export);

    /** Where clients reach the export. */
    String uri(String export);
}

package io.ropewalk.api;

import io.ropewalk.inventory.ExportView;
import io.ropewalk.inventory.SessionView;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An export. */
@Schema(name = "Export", description = "A geom as NBD clients see it.")
record ExportJson(
        @Schema(description = "The name by which clients ask for it.", example = "demo")
        String name,

        @Schema(description = "The geom that it serves.", example = "demo")
        String geom,

        @Schema(description = "Whether clients may only read.")
        boolean readOnly,

        @Schema(description = AllowedClientsJson.DESCRIPTION, example = "[]")
        List<String> allowedClients,

        @Schema(description = "Where clients reach it.", example = "nbd://127.0.0.1:10809/demo")
        String uri,

        @Schema(description = "How many sessions are open on it.", example = "1")
        int sessions,

        @Schema(description = "One more with each change of what is desired of it; its ETag.", example = "1")
        long generation)
        implements Versioned {
    static ExportJson of(ExportView view) {
        return new ExportJson(
                view.name(),
                view.geom(),
                view.readOnly(),
                view.allowedClients(),
                view.uri(),
                view.sessions(),
                view.generation());
    }

    /** A page of exports. */
    @Schema(name = "ExportList", description = "Exports by name.")
    record Listing(
            List<ExportJson> items,
            @Schema(description = Docs.NEXT_PAGE) @Nullable String nextPageToken) {}

    /** A connected client. */
    @Schema(name = "Session", description = "A client connected to an export.")
    record Session(
            @Schema(description = "Unique while the service runs.", example = "17")
            String id,

            @Schema(description = "The export.", example = "demo")
            String export,

            @Schema(description = "The client's address.", example = "127.0.0.1:51234")
            String client,

            @Schema(description = "When it connected.") Instant since,
            @Schema(description = "Whether TLS is on.") boolean encrypted,

            @Schema(description = "Whether it may only read.", example = "false")
            boolean readOnly,

            @Schema(description = "Requests that are not answered yet.", example = "0")
            int inFlight,

            @Schema(description = "Requests received.", example = "4711")
            long requests,

            @Schema(description = "Requests answered with an error.", example = "0")
            long errors,

            @Schema(description = "What it has read, in bytes.", example = "1048576")
            long bytesRead,

            @Schema(description = "What it has written, in bytes.", example = "65536")
            long bytesWritten) {
        static Session of(SessionView view) {
            return new Session(
                    view.id(),
                    view.export(),
                    view.client(),
                    view.since(),
                    view.encrypted(),
                    view.readOnly(),
                    view.inFlight(),
                    view.requests(),
                    view.errors(),
                    view.bytesRead(),
                    view.bytesWritten());
        }
    }

    /** The sessions of an export. */
    @Schema(name = "SessionList", description = "All sessions of an export, in the order they were opened.")
    record Sessions(
            List<Session> items,

            @Schema(description = "Always null: sessions come on one page.") @Nullable String nextPageToken) {}
}

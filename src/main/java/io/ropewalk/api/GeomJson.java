package io.ropewalk.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.ropewalk.engine.GeomState;
import io.ropewalk.engine.GeomType;
import io.ropewalk.engine.Mode;
import io.ropewalk.inventory.ExportView;
import io.ropewalk.inventory.GeomView;
import io.ropewalk.inventory.PathView;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A geom. */
@Schema(name = "Geom", description = "The multipath device: several paths to one disk.")
record GeomJson(
        @Schema(description = "Its name.", example = "demo") String name,

        @Schema(description = "Of the label; null for MANUAL.", example = "6ba7b810-9dad-11d1-80b4-00c04fd430c8")
        @Nullable String uuid,

        @Schema(description = "MANUAL: made by hand. AUTOMATIC: found by its label.")
        GeomType type,

        @Schema(
                description = "ACTIVE_PASSIVE: the active path serves all. ACTIVE_ACTIVE: the least busy path serves"
                        + " each. ACTIVE_READ: reads as in ACTIVE_ACTIVE, all else on the active path.")
        Mode mode,

        @Schema(
                description =
                        "OPTIMAL: two paths or more, all usable. DEGRADED: some path is not usable, or there is"
                                + " one only. BROKEN: no path that can be used and answers. STOPPING: it finishes what is in flight.")
        GeomState state,

        @Schema(description = "In bytes, as exported.", example = "67108864")
        long sizeBytes,

        @Schema(description = "In bytes.", example = "512") int sectorSize,

        @Schema(
                description = "The active path; in ACTIVE_ACTIVE every usable one, newest first.",
                example = "[\"demo-a\"]")
        List<String> activePaths,

        @Schema(
                description = "In the order they were added; not in the basic view.",
                requiredMode = Schema.RequiredMode.NOT_REQUIRED)
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable List<PathJson> paths,

        @Schema(description = "Not in the basic view.", requiredMode = Schema.RequiredMode.NOT_REQUIRED)
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable PoliciesJson policies,

        @Schema(
                description = "Under the geom's own name; not in the basic view, nor when it is not exported.",
                requiredMode = Schema.RequiredMode.NOT_REQUIRED)
        @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable Exported export,

        @Schema(
                description = "One more with each change of what is desired of it; its ETag. A path that fails does"
                        + " not change it.",
                example = "1")
        long generation)
        implements Versioned {

    /** A geom's own export, in short. */
    @Schema(name = "GeomExport", description = "Where clients reach the geom.")
    record Exported(
            @Schema(description = "The name by which clients ask for it.", example = "demo")
            String name,

            @Schema(description = "Where clients reach it.", example = "nbd://127.0.0.1:10809/demo")
            String uri,

            @Schema(description = "How many sessions are open.", example = "1")
            int sessions) {
        static @Nullable Exported of(@Nullable ExportView view) {
            return view == null ? null : new Exported(view.name(), view.uri(), view.sessions());
        }
    }

    /** A page of geoms. */
    @Schema(name = "GeomList", description = "Geoms by name.")
    record Listing(
            List<GeomJson> items,
            @Schema(description = Docs.NEXT_PAGE) @Nullable String nextPageToken) {}

    static GeomJson of(GeomView view) {
        List<PathView> paths = view.paths();
        return of(
                view,
                paths.stream().map(PathJson::of).toList(),
                PoliciesJson.of(view.policies()),
                Exported.of(view.export()));
    }

    static GeomJson of(GeomView view, View how) {
        return how == View.FULL ? of(view) : of(view, null, null, null);
    }

    private static GeomJson of(
            GeomView view, @Nullable List<PathJson> paths, @Nullable PoliciesJson policies, @Nullable Exported export) {
        return new GeomJson(
                view.name(),
                view.uuid(),
                view.type(),
                view.mode(),
                view.state(),
                view.sizeBytes(),
                view.sectorSize(),
                view.activePaths(),
                paths,
                policies,
                export,
                view.generation());
    }
}

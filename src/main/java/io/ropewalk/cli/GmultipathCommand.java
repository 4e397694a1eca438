package io.ropewalk.cli;

import io.ropewalk.cli.ListPrinter.DeviceSize;
import io.ropewalk.cli.ServiceClient.Answer;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/**
 * {@code gmultipath VERB …}: the verbs of gmultipath(8), one method each, with its options, their precedence and its
 * output. Exit code 0 when it was done, 1 when not; what went wrong goes to standard error.
 *
 * <p>Not thread-safe; one object per run.
 */
@Command(
        name = "gmultipath",
        description = "Works the geoms of a running Ropewalk as gmultipath(8) does.",
        footer = {
            "",
            "A provider is the name of a registered device, a URI, or an absolute path.",
            "A URI or path that is not registered is registered by the verbs that bring",
            "providers in, and taken back when the verb fails."
        },
        synopsisSubcommandLabel = "VERB",
        sortOptions = false)
public final class GmultipathCommand {
    private static final int DONE = 0;
    /** How often a change is tried again after somebody else changed the same geom. */
    private static final int CONFIGURE_ATTEMPTS = 5;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli fills it in
    private CommandSpec spec;

    @Option(
            names = "--url",
            paramLabel = "URL",
            defaultValue = "${env:ROPEWALK_URL:-http://127.0.0.1:8080}",
            description = "Where the service is; else $ROPEWALK_URL, else http://127.0.0.1:8080.",
            scope = ScopeType.INHERIT)
    private String url = "";

    @Option(
            names = "--token",
            paramLabel = "TOKEN",
            defaultValue = "${env:ROPEWALK_TOKEN}",
            description = "The bearer token; better given as $ROPEWALK_TOKEN, which no process list shows.",
            scope = ScopeType.INHERIT)
    private @Nullable String token;

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            defaultValue = "${env:ROPEWALK_CA}",
            description = "PEM with the CAs that the service may be certified by; else $ROPEWALK_CA, else the Java"
                    + " runtime's.",
            scope = ScopeType.INHERIT)
    private @Nullable Path ca;

    @Option(
            names = "--cert",
            paramLabel = "FILE",
            defaultValue = "${env:ROPEWALK_CERT}",
            description = "PEM with the certificate to show; else $ROPEWALK_CERT.",
            scope = ScopeType.INHERIT)
    private @Nullable Path certificate;

    @Option(
            names = "--key",
            paramLabel = "FILE",
            defaultValue = "${env:ROPEWALK_KEY}",
            description = "PEM with its key, in PKCS #8; else $ROPEWALK_KEY, else in the same file.",
            scope = ScopeType.INHERIT)
    private @Nullable Path key;

    @Option(names = "--json", description = "Print what the service answered, as JSON.", scope = ScopeType.INHERIT)
    private boolean json;

    @Option(names = "-v", description = "Say when it is done.", scope = ScopeType.INHERIT)
    private boolean verbose;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this.",
            scope = ScopeType.INHERIT)
    private boolean help;

    private GmultipathCommand() {}

    /**
     * Runs one verb on the process's own streams.
     *
     * @param args what follows the word {@code gmultipath}
     * @return the exit code
     */
    public static int main(String... args) {
        return commandLine().execute(args);
    }

    static CommandLine commandLine() {
        CommandLine commandLine = new CommandLine(new GmultipathCommand());
        commandLine.setParameterExceptionHandler(Complaints::badUsage);
        commandLine.setExecutionExceptionHandler(Complaints::failed);
        return commandLine;
    }

    @Command(description = "Makes a geom over providers, without label.", sortOptions = false)
    int create(
            @Mixin ModeOptions options,
            @Parameters(paramLabel = "NAME", description = "The new geom.") String name,
            @Parameters(paramLabel = "PROV", arity = "1..*", description = "Its paths.") List<String> providers) {
        return make("/geoms", "MANUAL", options, name, providers);
    }

    @Command(description = "Makes a geom that is found again by the label in the last sector.", sortOptions = false)
    int label(
            @Mixin ModeOptions options,
            @Option(names = "--force", description = "Write over what others keep in the last sector.") boolean force,
            @Parameters(paramLabel = "NAME", description = "The new geom.") String name,
            @Parameters(paramLabel = "PROV", arity = "1..*", description = "Its paths.") List<String> providers) {
        return make(force ? "/geoms?force=true" : "/geoms", "AUTOMATIC", options, name, providers);
    }

    @Command(description = "Changes the mode. Of several, -P wins over -R, and -R over -A.", sortOptions = false)
    int configure(
            @Option(names = "-A", description = "Active/Active.") boolean activeActive,
            @Option(names = "-P", description = "Active/Passive.") boolean activePassive,
            @Option(names = "-R", description = "Active/Read.") boolean activeRead,
            @Parameters(paramLabel = "NAME") String name) {
        String mode = activeActive ? "ACTIVE_ACTIVE" : null;
        mode = activeRead ? "ACTIVE_READ" : mode;
        String wanted = activePassive ? "ACTIVE_PASSIVE" : mode;
        return withService(service -> wanted == null ? service.get(geom(name)) : changeMode(service, name, wanted));
    }

    @Command(description = "Adds a path.")
    int add(@Parameters(paramLabel = "NAME") String name, @Parameters(paramLabel = "PROV") String provider) {
        return withService(service ->
                providers(service).bringIn(List.of(provider), devices -> service.put(path(name, devices.getFirst()))));
    }

    @Command(description = "Takes a path away; the last one takes the geom with it.")
    int remove(@Parameters(paramLabel = "NAME") String name, @Parameters(paramLabel = "PROV") String provider) {
        return withService(
                service -> service.delete(path(name, providers(service).find(provider)) + "?lastPath=destroy"));
    }

    @Command(description = "Marks a path as failed, until it is restored.")
    int fail(@Parameters(paramLabel = "NAME") String name, @Parameters(paramLabel = "PROV") String provider) {
        return pathVerb(name, provider, "fail");
    }

    @Command(
            description = "Takes a path out of use, waits until nothing is in flight on it, and flushes it.",
            sortOptions = false)
    int drain(
            @Option(names = "--force", description = "Although no other path is good.") boolean force,
            @Parameters(paramLabel = "NAME") String name,
            @Parameters(paramLabel = "PROV") String provider) {
        return pathVerb(name, provider, force ? "drain?force=true" : "drain");
    }

    @Command(description = "Lets a failed path serve again.")
    int restore(@Parameters(paramLabel = "NAME") String name, @Parameters(paramLabel = "PROV") String provider) {
        return pathVerb(name, provider, "restore");
    }

    @Command(description = "Makes a path the active one.")
    int prefer(@Parameters(paramLabel = "NAME") String name, @Parameters(paramLabel = "PROV") String provider) {
        return pathVerb(name, provider, "prefer");
    }

    @Command(description = "Says why a path is as it is, and what was decided about it lately.")
    int explain(@Parameters(paramLabel = "NAME") String name, @Parameters(paramLabel = "PROV") String provider) {
        return withService(service -> {
            Answer answer = service.get(path(name, providers(service).find(provider)) + "/explain");
            if (!json) {
                explain(answer.body());
            }
            return answer;
        });
    }

    private void explain(JsonNode explanation) {
        JsonNode path = explanation.path("path");
        print(path.path("device").asString("") + ": " + path.path("state").asString(""));
        print(explanation.path("why").asString(""));
        for (JsonNode decision : explanation.path("decisions")) {
            print("  %s  %-10s  %s"
                    .formatted(
                            decision.path("time").asString(""),
                            decision.path("decision").asString(""),
                            decision.path("why").asString("")));
        }
    }

    @Command(description = "Makes the next good path the active one.")
    int rotate(@Parameters(paramLabel = "NAME") String name) {
        return withService(service -> service.post(geom(name) + ":rotate", null));
    }

    @Command(description = "Ends a geom and erases its label.", sortOptions = false)
    int destroy(
            @Option(names = "--force", description = "Although it is in use.") boolean force,
            @Parameters(paramLabel = "NAME") String name) {
        return withService(service -> service.delete(geom(name) + (force ? "?force=true" : "")));
    }

    @Command(description = "Ends a geom; its label stays.")
    int stop(@Parameters(paramLabel = "NAME") String name) {
        return withService(service -> service.post(geom(name) + ":stop", null));
    }

    @Command(description = "Prints the active path, or in Active/Active every good one, newest first.")
    int getactive(@Parameters(paramLabel = "NAME") String name) {
        return withService(service -> {
            Answer answer = service.get(geom(name) + "/active");
            if (!json) {
                List<String> paths = new ArrayList<>();
                answer.body().path("paths").forEach(path -> paths.add(path.asString("")));
                print(paths.isEmpty() ? "none" : String.join(" ", paths));
            }
            return answer;
        });
    }

    @Command(description = "Erases the label of each provider.")
    int clear(@Parameters(paramLabel = "PROV", arity = "1..*") List<String> typed) {
        return withService(service -> {
            boolean all = true;
            for (String one : typed) {
                all &= clear(service, one);
            }
            if (!all) {
                throw new CliException("Not fully done.");
            }
            return null;
        });
    }

    @Command(name = "list", description = "Shows geoms in full.", sortOptions = false)
    int list(
            @Option(names = "-a", description = "Those that are stopping, too.") boolean all,
            @Parameters(paramLabel = "NAME", arity = "0..*") @Nullable List<String> names) {
        return withService(service -> {
            List<JsonNode> geoms = geoms(
                    service, names, all, name -> "Class 'MULTIPATH' does not have an instance named '" + name + "'.");
            if (json) {
                print(service.pretty(geoms));
            } else {
                new ListPrinter(out(), deviceSizes(service))
                        .print(geoms.stream().map(GeomInfo::of).toList());
            }
            return null;
        });
    }

    @Command(description = "Shows a line per path.", sortOptions = false)
    int status(
            @Option(names = "-a", description = "Geoms that are stopping, too.") boolean all,
            @Option(names = "-g", description = "Names of geoms instead of their providers.") boolean geomNames,
            @Option(names = "-s", description = "For scripts: no header, every line complete.") boolean script,
            @Parameters(paramLabel = "NAME", arity = "0..*") @Nullable List<String> names) {
        return withService(service -> {
            List<JsonNode> geoms = geoms(service, names, all, name -> "No such geom: " + name + ".");
            List<GeomInfo> infos = geoms.stream().map(GeomInfo::of).toList();
            StatusPrinter printer = new StatusPrinter(out(), geomNames);
            if (json) {
                print(service.pretty(geoms));
            } else if (script) {
                printer.printScript(infos);
            } else {
                printer.printTable(infos);
            }
            return null;
        });
    }

    private int make(String path, String type, ModeOptions options, String name, List<String> typed) {
        return withService(service -> providers(service)
                .bringIn(
                        typed,
                        devices -> service.post(
                                path,
                                Map.of(
                                        "name",
                                        geomName(name),
                                        "type",
                                        type,
                                        "mode",
                                        options.mode(),
                                        "paths",
                                        devices))));
    }

    private int pathVerb(String name, String provider, String verb) {
        return withService(service -> service.post(path(name, providers(service).find(provider)) + ":" + verb, null));
    }

    /** Reads the tag and changes what has it; when somebody was faster, again. */
    private static Answer changeMode(ServiceClient service, String name, String mode) {
        for (int attempt = 1; ; attempt++) {
            String etag = service.get(geom(name)).etag();
            try {
                return service.patch(geom(name), Map.of("mode", mode), etag);
            } catch (RefusedException refused) {
                if (refused.status() != 412 || attempt == CONFIGURE_ATTEMPTS) {
                    throw refused;
                }
            }
        }
    }

    /** A device that is registered for this alone does not stay so. */
    private boolean clear(ServiceClient service, String typed) {
        Providers providers = providers(service);
        try {
            providers.bringIn(
                    List.of(typed),
                    devices -> service.delete("/devices/" + ServiceClient.encode(devices.getFirst()) + "/label"));
            providers.takeBack();
            return true;
        } catch (RefusedException refused) {
            Complaints.print(err(), "Can't clear metadata on " + typed + ": " + refused.detail());
            return false;
        }
    }

    private static List<JsonNode> geoms(
            ServiceClient service, @Nullable List<String> names, boolean all, Function<String, String> unknown) {
        if (names == null || names.isEmpty()) {
            return service.getAll("/geoms?view=full").stream()
                    .filter(geom -> all || !GeomInfo.of(geom).isStopping())
                    .toList();
        }
        return names.stream().map(name -> geom(service, name, unknown)).toList();
    }

    private static JsonNode geom(ServiceClient service, String name, Function<String, String> unknown) {
        try {
            return service.get(geom(name)).body();
        } catch (RefusedException refused) {
            if (refused.status() == 404) {
                throw new CliException(List.of(unknown.apply(name)), refused);
            }
            throw refused;
        }
    }

    private static Map<String, DeviceSize> deviceSizes(ServiceClient service) {
        Map<String, DeviceSize> sizes = new HashMap<>();
        for (JsonNode device : service.getAll("/devices")) {
            if (device.path("sizeBytes").isNumber() && device.path("sectorSize").isNumber()) {
                DeviceSize size = new DeviceSize(
                        device.path("sizeBytes").asLong(),
                        device.path("sectorSize").asLong());
                sizes.put(device.path("name").asString(""), size);
            }
        }
        return sizes;
    }

    /** Runs {@code verb}; its answer, if it has one, is what {@code --json} prints. */
    private int withService(Function<ServiceClient, @Nullable Answer> verb) {
        try (ServiceClient service = new ServiceClient(url, token, new ServiceTls(ca, certificate, key).context())) {
            Answer answer = verb.apply(service);
            if (json && answer != null && !answer.body().isMissingNode()) {
                print(service.pretty(answer.body()));
            }
            if (verbose) {
                print("Done.");
            }
            out().flush();
            return DONE;
        }
    }

    private Providers providers(ServiceClient service) {
        return new Providers(service, err());
    }

    private static String geom(String name) {
        return "/geoms/" + ServiceClient.encode(geomName(name));
    }

    private static String path(String name, String device) {
        return geom(name) + "/paths/" + ServiceClient.encode(device);
    }

    /** Geoms are called by the name that the listings give their provider, too. */
    private static String geomName(String typed) {
        return typed.replaceFirst("^(/dev/)?multipath/", "");
    }

    private void print(String text) {
        out().print(text + "\n");
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    private PrintWriter err() {
        return spec.commandLine().getErr();
    }
}

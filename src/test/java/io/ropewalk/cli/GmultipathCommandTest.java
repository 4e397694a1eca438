package io.ropewalk.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import tools.jackson.databind.json.JsonMapper;

class GmultipathCommandTest {
    private static final String DISK1 = """
            {"name":"disk1","uuid":"6ba7b810-9dad-11d1-80b4-00c04fd430c8","type":"AUTOMATIC","mode":"ACTIVE_PASSIVE",
             "state":"OPTIMAL","sizeBytes":67108352,"sectorSize":512,"activePaths":["da0"],
             "paths":[{"device":"da0","state":"ACTIVE","since":"2026-11-22T10:00:00Z","inFlight":0},
                      {"device":"da1","state":"PASSIVE","since":"2026-11-22T10:00:00Z","inFlight":0}],
             "policies":{"attemptTimeout":"PT2S","quiesce":"PT30S","cache":"SHARED","restore":"AUTO","failback":"MANUAL",
                         "hedgeAfter":null,"noPath":{"queueFor":"PT0S","maxRequests":10000,"maxBytes":268435456}},
             "export":{"name":"disk1","uri":"nbd://host:10809/disk1","sessions":0},"generation":7}
            """;
    private static final String SCRATCH = """
            {"name":"s","uuid":null,"type":"MANUAL","mode":"ACTIVE_READ","state":"DEGRADED","sizeBytes":1048576,
             "sectorSize":4096,"activePaths":["x1"],
             "paths":[{"device":"x1","state":"ACTIVE"},{"device":"x2","state":"FAIL","reason":"TIMEOUT"}],
             "export":{"name":"s","uri":"nbd://host:10809/s","sessions":2},"generation":1}
            """;
    private static final String GONE = """
            {"name":"gone","uuid":null,"type":"MANUAL","mode":"ACTIVE_ACTIVE","state":"STOPPING","sizeBytes":512,
             "sectorSize":512,"activePaths":[],"paths":[],"export":null,"generation":2}
            """;
    private static final String DEVICES = """
            {"items":[{"name":"da0","uri":"nbd://10.0.0.1:10809/a","state":"OPEN","sizeBytes":67108864,"sectorSize":512},
                      {"name":"da1","uri":"nbd://10.0.0.2:10809/a","state":"UNREACHABLE","sizeBytes":null,"sectorSize":null}],
             "nextPageToken":null}
            """;

    private FakeService service;
    private String out = "";
    private String err = "";

    @BeforeEach
    void start() throws IOException {
        service = new FakeService();
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private int run(String... args) {
        List<String> all = new ArrayList<>(List.of("--url", service.url()));
        all.addAll(List.of(args));
        return runAsTyped(all.toArray(String[]::new));
    }

    private int runAsTyped(String... args) {
        StringWriter outText = new StringWriter();
        StringWriter errText = new StringWriter();
        CommandLine commandLine = GmultipathCommand.commandLine();
        commandLine.setOut(new PrintWriter(outText)).setErr(new PrintWriter(errText));
        int code = commandLine.execute(args);
        out = outText.toString();
        err = errText.toString();
        return code;
    }

    private static String page(String... geoms) {
        return "{\"items\":[" + String.join(",", geoms) + "],\"nextPageToken\":null}";
    }

    // ---- list and status -------------------------------------------------------------------------------------------

    @Test
    void listHasTheLayoutOfTheOriginal() {
        service.on("GET /geoms?view=full", 200, page(DISK1)).on("GET /devices", 200, DEVICES);

        assertThat(run("list")).isZero();
        assertThat(out).isEqualTo("""
                        Geom name: disk1
                        Type: AUTOMATIC
                        Mode: Active/Passive
                        UUID: 6ba7b810-9dad-11d1-80b4-00c04fd430c8
                        State: OPTIMAL
                        Providers:
                        1. Name: multipath/disk1
                           Mediasize: 67108352 (64M)
                           Sectorsize: 512
                           Mode: r0w0e0
                           State: OPTIMAL
                        Consumers:
                        1. Name: da0
                           Mediasize: 67108864 (64M)
                           Sectorsize: 512
                           Mode: r1w1e1
                           State: ACTIVE
                        2. Name: da1
                           Mediasize: 67108864 (64M)
                           Sectorsize: 512
                           Mode: r1w1e1
                           State: PASSIVE

                        """);
        assertThat(err).isEmpty();
    }

    @Test
    void listCountsSessionsAndKnowsGeomsWithoutLabel() {
        service.on("GET /geoms/s", 200, SCRATCH).on("GET /devices", 200, DEVICES);

        assertThat(run("list", "s")).isZero();
        assertThat(out)
                .contains("Type: MANUAL\nMode: Active/Read\nUUID: (none)\nState: DEGRADED\n")
                .contains("1. Name: multipath/s\n   Mediasize: 1048576 (1.0M)\n   Sectorsize: 4096\n   Mode: r2w2e0\n")
                .contains(
                        "2. Name: x2\n   Mediasize: 1048576 (1.0M)\n   Sectorsize: 4096\n   Mode: r3w3e1\n   State: FAIL\n");
    }

    @Test
    void listOfAnUnknownGeomFails() {
        service.refuse("GET /geoms/X", 404, "geom-not-found", "There is no geom X.", "List the geoms.", "geom X");

        assertThat(run("list", "X")).isEqualTo(1);
        assertThat(err).isEqualTo("gmultipath: Class 'MULTIPATH' does not have an instance named 'X'.\n");
    }

    @Test
    void stoppingGeomsAreListedOnlyWhenAsked() {
        service.on("GET /geoms?view=full", 200, page(DISK1, GONE)).on("GET /devices", 200, DEVICES);

        run("list");
        assertThat(out).doesNotContain("gone");
        run("list", "-a");
        assertThat(out).contains("Geom name: gone\n").contains("State: STOPPING\n");
    }

    @Test
    void statusHasTheLayoutOfTheOriginal() {
        service.on("GET /geoms?view=full", 200, page(DISK1));

        assertThat(run("status")).isZero();
        assertThat(out).isEqualTo("""
                                   Name   Status  Components
                        multipath/disk1  OPTIMAL  da0 (ACTIVE)
                                                  da1 (PASSIVE)
                        """);
    }

    @Test
    void statusAlignsSeveralGeoms() {
        service.on("GET /geoms?view=full", 200, page(DISK1, SCRATCH, GONE));

        run("status", "-a");
        assertThat(out).isEqualTo("""
                                   Name    Status  Components
                        multipath/disk1   OPTIMAL  da0 (ACTIVE)
                                                   da1 (PASSIVE)
                            multipath/s  DEGRADED  x1 (ACTIVE)
                                                   x2 (FAIL)
                         multipath/gone  STOPPING  N/A
                        """);
    }

    @Test
    void statusForScriptsHasNoHeaderAndCompleteLines() {
        service.on("GET /geoms?view=full", 200, page(DISK1, SCRATCH));

        run("status", "-s");
        assertThat(out).isEqualTo("""
                        multipath/disk1  OPTIMAL  da0 (ACTIVE)
                        multipath/disk1  OPTIMAL  da1 (PASSIVE)
                        multipath/s  DEGRADED  x1 (ACTIVE)
                        multipath/s  DEGRADED  x2 (FAIL)
                        """);
    }

    @Test
    void statusCanShowGeomNames() {
        service.on("GET /geoms/disk1", 200, DISK1);

        run("status", "-gs", "disk1");
        assertThat(out).isEqualTo("disk1  OPTIMAL  da0 (ACTIVE)\ndisk1  OPTIMAL  da1 (PASSIVE)\n");
        run("status", "-g", "multipath/disk1");
        assertThat(out).isEqualTo("""
                         Name   Status  Components
                        disk1  OPTIMAL  da0 (ACTIVE)
                                        da1 (PASSIVE)
                        """);
    }

    @Test
    void statusWithoutGeomsPrintsNothing() {
        service.on("GET /geoms?view=full", 200, page());

        assertThat(run("status")).isZero();
        assertThat(out).isEmpty();
    }

    @Test
    void statusOfAnUnknownGeomFails() {
        service.refuse("GET /geoms/X", 404, "geom-not-found", "There is no geom X.", "List the geoms.", "geom X");

        assertThat(run("status", "X")).isEqualTo(1);
        assertThat(err).isEqualTo("gmultipath: No such geom: X.\n");
    }

    @Test
    void everyPageIsFetched() {
        service.on("GET /geoms?view=full", 200, "{\"items\":[" + DISK1 + "],\"nextPageToken\":\"a b&c\"}")
                .on("GET /geoms?view=full&pageToken=a%20b%26c", 200, page(SCRATCH));

        run("status", "-s");
        assertThat(out.lines()).hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"list", "status"})
    void jsonIsWhatTheServiceSaid(String verb) {
        service.on("GET /geoms?view=full", 200, page(DISK1, SCRATCH));

        assertThat(run(verb, "--json")).isZero();
        JsonMapper mapper = JsonMapper.builder().build();
        assertThat(mapper.readTree(out)).isEqualTo(mapper.readTree("[" + DISK1 + "," + SCRATCH + "]"));
    }

    // ---- create and label ------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "create, -, MANUAL, ACTIVE_PASSIVE",
                "create, -A, MANUAL, ACTIVE_ACTIVE",
                "create, -R, MANUAL, ACTIVE_READ",
                "create, -AR, MANUAL, ACTIVE_READ",
                "label, -RA, AUTOMATIC, ACTIVE_READ",
                "label, -A, AUTOMATIC, ACTIVE_ACTIVE"
            })
    @DisplayName("create and label: -R wins over -A")
    void createAndLabel(String verb, @org.jspecify.annotations.Nullable String option, String type, String mode) {
        service.on("POST /geoms", 201, DISK1);
        List<String> args = new ArrayList<>(List.of(verb, "disk1", "da0", "da1"));
        if (option != null) {
            args.add(1, option);
        }

        assertThat(run(args.toArray(String[]::new))).as(err).isZero();
        assertThat(out).isEmpty();
        JsonMapper mapper = JsonMapper.builder().build();
        assertThat(mapper.readTree(service.requests().getFirst().replace("POST /geoms ", "")))
                .isEqualTo(mapper.readTree("""
                        {"name":"disk1","type":"%s","mode":"%s","paths":["da0","da1"]}""".formatted(type, mode)));
    }

    @Test
    void verboseSaysDone() {
        service.on("POST /geoms", 201, DISK1);

        assertThat(run("create", "-v", "disk1", "da0")).isZero();
        assertThat(out).isEqualTo("Done.\n");
    }

    @Test
    @DisplayName("Q29: label writes over foreign data only by force")
    void labelByForce() {
        service.refuse(
                        "POST /geoms",
                        409,
                        "foreign-data",
                        "Device da0 holds a GPT backup header.",
                        "Repeat with force=true to overwrite it.",
                        "device da0")
                .on("POST /geoms?force=true", 201, DISK1);

        assertThat(run("label", "disk1", "da0")).isEqualTo(1);
        assertThat(err)
                .isEqualTo("gmultipath: Device da0 holds a GPT backup header.\n"
                        + "gmultipath: Repeat with force=true to overwrite it.\n");
        assertThat(run("label", "--force", "disk1", "da0")).isZero();
    }

    @Test
    void violationsAreShownOneByOne() {
        service.on("POST /geoms", 400, """
                {"detail":"The body is not what is asked for.","code":"invalid-body","correction":"See the schema.",
                 "violations":[{"field":"name","message":"is longer than 15 characters"},{"field":"","message":"is odd"}]}
                """);

        assertThat(run("create", "disk1", "da0")).isEqualTo(1);
        assertThat(err.lines())
                .containsExactly(
                        "gmultipath: The body is not what is asked for.",
                        "gmultipath: name is longer than 15 characters",
                        "gmultipath: is odd",
                        "gmultipath: See the schema.");
    }

    // ---- providers that are not registered -------------------------------------------------------------------------

    @Test
    void urisAndPathsAreRegisteredFirst() {
        service.on("POST /devices", 201, "{\"name\":\"a-lun0\"}")
                .on("POST /devices", 201, "{\"name\":\"disk.img\"}")
                .on("POST /geoms", 201, DISK1);

        assertThat(run("create", "disk1", "nbd://10.0.0.1/lun0", "/srv/my disk.img", "da0"))
                .isZero();
        assertThat(service.requests())
                .startsWith(
                        "POST /devices {\"uri\":\"nbd://10.0.0.1/lun0\"}",
                        "POST /devices {\"uri\":\"file:///srv/my%20disk.img\"}");
        assertThat(service.requests().getLast()).contains("[\"a-lun0\",\"disk.img\",\"da0\"]");
    }

    @Test
    void aUriThatIsRegisteredIsUsed() {
        service.refuse("POST /devices", 409, "device-exists", "Device da0 opens it.", "Use it.", "device da0")
                .on("PUT /geoms/disk1/paths/da0", 201, "{}");

        assertThat(run("add", "disk1", "nbd://10.0.0.1/a")).isZero();
        assertThat(service.requests()).doesNotContain("DELETE /devices/da0");
    }

    @Test
    void whatWasRegisteredIsTakenBackWhenTheVerbFails() {
        service.on("POST /devices", 201, "{\"name\":\"one\"}")
                .on("POST /devices", 201, "{\"name\":\"two\"}")
                .refuse(
                        "POST /geoms",
                        422,
                        "size-mismatch",
                        "Sizes differ: 512 and 1024.",
                        "Choose others.",
                        "device two")
                .on("DELETE /devices/one", 204, "")
                .on("DELETE /devices/two", 204, "");

        assertThat(run("create", "disk1", "/dev/sda", "/dev/sdb", "da0")).isEqualTo(1);
        assertThat(service.requests()).endsWith("DELETE /devices/two", "DELETE /devices/one");
        assertThat(err).isEqualTo("gmultipath: Sizes differ: 512 and 1024.\ngmultipath: Choose others.\n");
    }

    @Test
    void whatWasRegisteredIsTakenBackWhenTheNextCannotBe() {
        service.on("POST /devices", 201, "{\"name\":\"one\"}")
                .refuse("POST /devices", 422, "device-unreachable", "Nothing answers at x.", "Start it.", "device x")
                .on("DELETE /devices/one", 204, "");

        assertThat(run("create", "disk1", "/dev/sda", "nbd://x/")).isEqualTo(1);
        assertThat(service.requests()).endsWith("DELETE /devices/one");
        assertThat(err).startsWith("gmultipath: Nothing answers at x.\n");
    }

    @Test
    void aDeviceThatCannotBeTakenBackIsNamed() {
        service.on("POST /devices", 201, "{\"name\":\"one\"}")
                .refuse(
                        "PUT /geoms/m/paths/one",
                        422,
                        "size-mismatch",
                        "Sizes differ.",
                        "Choose another.",
                        "device one")
                .refuse("DELETE /devices/one", 503, "busy", "Other work takes too long.", "Repeat.", "device one");

        assertThat(run("add", "m", "/dev/sda")).isEqualTo(1);
        assertThat(err.lines())
                .containsExactly(
                        "gmultipath: Device one stays registered: Other work takes too long.",
                        "gmultipath: Sizes differ.",
                        "gmultipath: Choose another.");
    }

    // ---- configure -------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({
        "-A, ACTIVE_ACTIVE",
        "-R, ACTIVE_READ",
        "-P, ACTIVE_PASSIVE",
        "-AR, ACTIVE_READ",
        "-RA, ACTIVE_READ",
        "-PA, ACTIVE_PASSIVE",
        "-PR, ACTIVE_PASSIVE",
        "-ARP, ACTIVE_PASSIVE"
    })
    @DisplayName("R43: configure: P wins over R wins over A")
    void configure(String options, String mode) {
        service.on("GET /geoms/disk1", 200, DISK1, "ETag", "\"7\"").on("PATCH /geoms/disk1", 200, DISK1);

        assertThat(run("configure", options, "disk1")).isZero();
        assertThat(service.requests().getLast()).isEqualTo("PATCH /geoms/disk1 {\"mode\":\"" + mode + "\"}");
        assertThat(service.lastHeaders("If-match")).containsExactly("If-match: \"7\"");
        assertThat(service.lastHeaders("Content-type")).containsExactly("Content-type: application/merge-patch+json");
    }

    @Test
    @DisplayName("R43: configure without option changes nothing, but the geom must be there")
    void configureNothing() {
        service.on("GET /geoms/disk1", 200, DISK1);
        service.refuse("GET /geoms/x", 404, "geom-not-found", "There is no geom x.", "List the geoms.", "geom x");

        assertThat(run("configure", "disk1")).isZero();
        assertThat(service.requests()).containsExactly("GET /geoms/disk1");
        assertThat(run("configure", "x")).isEqualTo(1);
    }

    @Test
    void configureIsTriedAgainWhenSomebodyElseWasFaster() {
        service.on("GET /geoms/disk1", 200, DISK1, "ETag", "\"7\"")
                .on("GET /geoms/disk1", 200, DISK1, "ETag", "\"8\"")
                .refuse("PATCH /geoms/disk1", 412, "stale-etag", "It has been changed.", "Read it again.", "geom disk1")
                .on("PATCH /geoms/disk1", 200, DISK1);

        assertThat(run("configure", "-A", "disk1")).isZero();
        assertThat(service.lastHeaders("If-match")).containsExactly("If-match: \"8\"");
    }

    // ---- paths -----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"fail", "drain", "restore", "prefer"})
    void verbsOnPaths(String verb) {
        service.on("POST /geoms/disk1/paths/da1:" + verb, 200, "{\"device\":\"da1\",\"state\":\"FAIL\"}");

        assertThat(run(verb, "disk1", "da1")).as(err).isZero();
        assertThat(service.requests()).containsExactly("POST /geoms/disk1/paths/da1:" + verb);
        assertThat(out).isEmpty();
    }

    @Test
    void theLastUsablePathIsDrainedByForceOnly() {
        service.refuse(
                        "POST /geoms/disk1/paths/da1:drain",
                        409,
                        "last-path",
                        "It is the last usable path.",
                        "Restore another.",
                        "path disk1/da1")
                .on("POST /geoms/disk1/paths/da1:drain?force=true", 200, "{\"device\":\"da1\",\"state\":\"FAIL\"}");

        assertThat(run("drain", "disk1", "da1")).isEqualTo(1);
        assertThat(err).contains("It is the last usable path.");
        assertThat(run("drain", "--force", "disk1", "da1")).isZero();
    }

    @Test
    @DisplayName("Q33: every verb takes a device by its path")
    void verbsTakePaths() {
        service.refuse(
                        "POST /devices?dryRun=true",
                        409,
                        "device-exists",
                        "Device sda opens it.",
                        "Use it.",
                        "device sda")
                .on("POST /geoms/disk1/paths/sda:fail", 200, "{}");

        assertThat(run("fail", "disk1", "/dev/sda")).as(err).isZero();
    }

    @Test
    void explainSaysWhyAPathIsAsItIs() {
        service.on("GET /geoms/disk1/paths/da1/explain", 200, """
                {"path": {"device": "da1", "state": "FAIL"}, "why": "It is out of use.",
                 "decisions": [{"time": "2026-01-02T03:04:05Z", "decision": "FAILED", "why": "TIMEOUT: silent."}]}""");

        assertThat(run("explain", "disk1", "da1")).isZero();
        assertThat(out).isEqualTo("""
                da1: FAIL
                It is out of use.
                  2026-01-02T03:04:05Z  FAILED      TIMEOUT: silent.
                """);
    }

    @Test
    void whoMayNotLookForADeviceIsToldSo_notThatThereIsNone() {
        service.refuse(
                "POST /devices?dryRun=true", 403, "forbidden", "The role of ops does not allow this.", "Ask.", "");

        assertThat(run("fail", "disk1", "/dev/sda")).isEqualTo(1);
        assertThat(err).isEqualTo("""
                gmultipath: The role of ops does not allow this.
                gmultipath: Ask.
                """);
    }

    @Test
    void aDeviceThatNothingAnswersForIsNotRegistered() {
        service.refuse(
                "POST /devices?dryRun=true", 422, "device-unreachable", "No such file.", "Correct it.", "device sda");

        assertThat(run("fail", "disk1", "/dev/sda")).isEqualTo(1);
        assertThat(err).isEqualTo("gmultipath: No registered device opens /dev/sda.\n");
    }

    @Test
    void aVerbOnAPathThatIsNotRegisteredFails() {
        service.on("POST /devices?dryRun=true", 201, "{\"name\":\"sda\"}");

        assertThat(run("fail", "disk1", "/dev/sda")).isEqualTo(1);
        assertThat(err).isEqualTo("gmultipath: No registered device opens /dev/sda.\n");
    }

    @Test
    void jsonShowsThePath() {
        service.on("POST /geoms/disk1/paths/da1:fail", 200, "{\"device\":\"da1\",\"state\":\"FAIL\"}");

        run("fail", "--json", "disk1", "da1");
        assertThat(out.replaceAll("\\s", "")).isEqualTo("{\"device\":\"da1\",\"state\":\"FAIL\"}");
    }

    @Test
    void add() {
        service.on("PUT /geoms/disk1/paths/da2", 201, "{}");

        assertThat(run("add", "disk1", "da2")).isZero();
    }

    @Test
    @DisplayName("R46: removing the last path takes the geom with it")
    void remove() {
        service.on("DELETE /geoms/disk1/paths/da1?lastPath=destroy", 204, "");

        assertThat(run("remove", "disk1", "da1")).isZero();
    }

    @ParameterizedTest
    @CsvSource({"'[\"d2\",\"d1\"]', d2 d1", "'[\"d1\"]', d1", "'[]', none"})
    @DisplayName("R50: getactive")
    void getactive(String paths, String line) {
        service.on("GET /geoms/disk1/active", 200, "{\"paths\":" + paths + "}");

        assertThat(run("getactive", "disk1")).isZero();
        assertThat(out).isEqualTo(line + "\n");
    }

    // ---- geoms -----------------------------------------------------------------------------------------------------

    @Test
    void rotateAndStop() {
        service.on("POST /geoms/disk1:rotate", 200, DISK1).on("POST /geoms/disk1:stop", 200, "");

        assertThat(run("rotate", "disk1")).isZero();
        assertThat(run("stop", "disk1")).isZero();
        assertThat(out).isEmpty();
    }

    @Test
    @DisplayName("Q25: destroying a geom in use needs force")
    void destroy() {
        service.refuse("DELETE /geoms/disk1", 409, "geom-in-use", "2 sessions are open.", "Use force.", "geom disk1")
                .on("DELETE /geoms/disk1?force=true", 204, "");

        assertThat(run("destroy", "disk1")).isEqualTo(1);
        assertThat(err).isEqualTo("gmultipath: 2 sessions are open.\ngmultipath: Use force.\n");
        assertThat(run("destroy", "--force", "disk1")).isZero();
    }

    @Test
    void namesAreEncodedNotInterpreted() {
        assertThat(run("stop", "a/b:c d")).isEqualTo(1);
        assertThat(service.requests()).containsExactly("POST /geoms/a%2Fb%3Ac%20d:stop");
    }

    // ---- clear -----------------------------------------------------------------------------------------------------

    @Test
    void clearGoesOnAfterAFailure() {
        service.refuse(
                        "DELETE /devices/da0/label",
                        404,
                        "no-label",
                        "Device da0 has no label.",
                        "Nothing to do.",
                        "device da0")
                .on("DELETE /devices/da1/label", 204, "");

        assertThat(run("clear", "da0", "da1")).isEqualTo(1);
        assertThat(err)
                .isEqualTo("gmultipath: Can't clear metadata on da0: Device da0 has no label.\n"
                        + "gmultipath: Not fully done.\n");
        assertThat(service.requests()).contains("DELETE /devices/da1/label");
    }

    @Test
    void clearOfAPathLeavesNoDeviceBehind() {
        service.on("POST /devices", 201, "{\"name\":\"sda\"}")
                .on("DELETE /devices/sda/label", 204, "")
                .on("DELETE /devices/sda", 204, "");

        assertThat(run("clear", "-v", "/dev/sda")).as(err).isZero();
        assertThat(out).isEqualTo("Done.\n");
        assertThat(service.requests()).endsWith("DELETE /devices/sda");
    }

    // ---- usage and the service -------------------------------------------------------------------------------------

    @Test
    void anOptionGivenTwiceIsAMistake() {
        assertThat(run("create", "-A", "-A", "disk1", "da0")).isEqualTo(1);
        assertThat(err).startsWith("gmultipath: Option 'A' specified twice.\n").contains("Usage: gmultipath create");
        assertThat(service.requests()).isEmpty();
    }

    @Test
    void anUnknownVerbIsAMistake() {
        assertThat(run("frobnicate", "disk1")).isEqualTo(1);
        assertThat(err).startsWith("gmultipath: Unknown command: frobnicate.\n").contains("getactive");
    }

    @Test
    void noVerbIsAMistake() {
        assertThat(run()).isEqualTo(1);
        assertThat(err).startsWith("gmultipath: Missing required subcommand\n").contains("Usage: gmultipath");
    }

    @ParameterizedTest
    @ValueSource(strings = {"create", "label m", "add m", "prefer m", "prefer m a b", "rotate", "rotate m n", "clear"})
    void tooFewOrTooManyArgumentsAreAMistake(String typed) {
        assertThat(run(typed.split(" "))).isEqualTo(1);
        assertThat(err).startsWith("gmultipath: wrong number of arguments.\nUsage: gmultipath ");
        assertThat(service.requests()).isEmpty();
    }

    @Test
    void anUnknownOptionIsAMistake() {
        assertThat(run("create", "-X", "m", "d")).isEqualTo(1);
        assertThat(err).startsWith("gmultipath: Unknown option: '-X'\n");
    }

    @Test
    void helpIsNoMistake() {
        assertThat(runAsTyped("label", "-h")).isZero();
        assertThat(out).contains("--force").contains("NAME PROV...");
        assertThat(runAsTyped("--help")).isZero();
        assertThat(out)
                .contains(
                        "create",
                        "label",
                        "configure",
                        "add",
                        "remove",
                        "fail",
                        "drain",
                        "restore",
                        "prefer",
                        "rotate",
                        "destroy",
                        "stop",
                        "getactive",
                        "clear",
                        "list",
                        "status");
    }

    @Test
    void optionsForTheServiceMayFollowTheVerb() {
        service.on("GET /geoms/disk1/active", 200, "{\"paths\":[\"d1\"]}");

        assertThat(runAsTyped("getactive", "disk1", "--url", service.url() + "/", "--token", "s3cret"))
                .isZero();
        assertThat(service.lastHeaders("Authorization")).containsExactly("Authorization: Bearer s3cret");
    }

    @Test
    void withoutTokenNothingIsSent() {
        service.on("GET /geoms/disk1/active", 200, "{\"paths\":[\"d1\"]}");

        run("getactive", "disk1");
        assertThat(service.lastHeaders("Authorization")).isEmpty();
    }

    @Test
    void aServiceThatIsNotThereIsSaidSo() {
        service.close();

        assertThat(run("status")).isEqualTo(1);
        assertThat(err)
                .isEqualTo("gmultipath: No service answers at " + service.url() + ".\n"
                        + "gmultipath: Start Ropewalk, or say where it is with --url.\n");
    }

    @Test
    void anAnswerOfSomebodyElseIsSaidSo() {
        service.on("GET /geoms?view=full", 502, "<html>Bad gateway</html>");

        assertThat(run("status")).isEqualTo(1);
        assertThat(err).isEqualTo("gmultipath: The service answered GET /api/v1/geoms?view=full with status 502.\n");
    }

    @Test
    void whatTakesLongerIsSaidSo() {
        service.on("POST /geoms/disk1:stop", 202, "", "Location", "/api/v1/operations/9");

        assertThat(run("stop", "disk1")).isEqualTo(1);
        assertThat(err).isEqualTo("gmultipath: It was begun but is not finished yet: see /api/v1/operations/9.\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost:8080", "ftp://x/", "http:///x", "::"})
    void aUrlThatIsNoneIsSaidSo(String url) {
        assertThat(runAsTyped("--url", url, "status")).isEqualTo(1);
        assertThat(err)
                .isEqualTo("gmultipath: The URL " + url + " is not one of a service, as http://127.0.0.1:8080 is.\n");
    }
}

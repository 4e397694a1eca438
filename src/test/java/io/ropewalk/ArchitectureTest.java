package io.ropewalk;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.ropewalk.engine.Policies;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.NullMarked;

/** The house has rooms; who may go where, and why. */
@AnalyzeClasses(packages = "io.ropewalk", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String[] PURE = {"io.ropewalk.block..", "io.ropewalk.engine..", "io.ropewalk.label.."};

    // ---- who may import whom

    @ArchTest
    static final ArchRule block = room("block").because("it is the seam: what all share must lean on nobody");

    @ArchTest
    static final ArchRule engine = room("engine", "block")
            .because("it knows devices by the seam alone, and so stacks on any, a simulator's included");

    @ArchTest
    static final ArchRule label = room("label", "block").because("a label is bytes on a device");

    @ArchTest
    static final ArchRule file = room("file", "block").because("a device knows nothing of who uses it");

    @ArchTest
    static final ArchRule net = room("net", "block").because("an event loop is an IoLoop and no more");

    @ArchTest
    static final ArchRule tls = room("tls").because("certificates are the same at every door");

    @ArchTest
    static final ArchRule nbd = room("nbd", "block", "net", "tls")
            .because("the protocol exports any device and is any device; what a geom is does not concern it");

    @ArchTest
    static final ArchRule inventory = room("inventory", "block", "engine", "label")
            .because("sessions, sockets and databases come to it through its own ports");

    @ArchTest
    static final ArchRule store = room("store", "inventory", "engine", "block")
            .because("it writes down the desired state and the words that this is made of");

    @ArchTest
    static final ArchRule api =
            room("api", "inventory", "engine", "block", "tls").because("REST is one way to ask the inventory");

    @ArchTest
    static final ArchRule apiSpeaksOnly = noClasses()
            .that()
            .resideInAPackage("io.ropewalk.api..")
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.ropewalk.engine..", "io.ropewalk.block..")
                    .and(not(aWord())))
            .because(
                    "of the engine REST knows the words in which the inventory answers, never a geom or a device itself");

    @ArchTest
    static final ArchRule metrics =
            room("metrics", "block", "engine", "nbd", "inventory").because("it observes; nobody observes it");

    @ArchTest
    static final ArchRule cli =
            room("cli").because("the command is a client of REST like any other, on another machine as likely as not");

    @ArchTest
    static final ArchRule nobodyImportsConfig = noClasses()
            .that()
            .resideOutsideOfPackage("io.ropewalk.config..")
            .and()
            .doNotHaveFullyQualifiedName("io.ropewalk.Ropewalk")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.ropewalk.config..")
            .because("the wiring knows the rooms; a room that knew its wiring could not be wired otherwise");

    @ArchTest
    static final ArchRule nbdNeverSeesTheEngine = noClasses()
            .that()
            .resideInAPackage("io.ropewalk.nbd..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.ropewalk.engine..")
            .because("what the server can export must never depend on what it is");

    @ArchTest
    static final ArchRule noCycles =
            slices().matching("io.ropewalk.(*)..").should().beFreeOfCycles().because("rooms in a circle are one room");

    // ---- what the rooms know of the world

    @ArchTest
    static final ArchRule pureRoomsKnowNoFramework = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.springframework..", "io.micrometer..", "io.prometheus..", "jakarta..", "tools.jackson..")
            .because("a simulator runs them alone");

    @ArchTest
    static final ArchRule pureRoomsKnowNoSocket = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat(resideInAnyPackage("io.netty..", "java.nio.channels..", "java.net..")
                    .and(not(resideInAnyPackage("io.netty.buffer..", "io.netty.util..")))
                    .and(not(named("java.net.URI", "java.net.URISyntaxException"))))
            .because("they meet the world through BlockDevice and IoLoop only");

    @ArchTest
    static final ArchRule pureRoomsStartNoThread = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat(named("java.lang.ThreadBuilders").or(assignableToThreadOrPool()))
            .because("who runs them says on which thread");

    @ArchTest
    static final ArchRule pureRoomsKnowNoWallClock = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(Clock.class, "systemUTC")
            .because("time comes from outside, so that a run can be replayed");

    @ArchTest
    static final ArchRule inventoryKnowsNoFramework = noClasses()
            .that()
            .resideInAPackage("io.ropewalk.inventory..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.springframework..",
                    "io.micrometer..",
                    "io.prometheus..",
                    "jakarta..",
                    "java.sql..",
                    "javax.sql..",
                    "io.netty.channel..")
            .because("what should exist does not depend on how it is asked for, written down or served");

    @ArchTest
    static final ArchRule cliStartsNoSpring = noClasses()
            .that()
            .resideInAPackage("io.ropewalk.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.springframework..")
            .because("a command answers at once");

    @ArchTest
    static final ArchRule nobodyReadsTheClockButTheWiring = noClasses()
            .that()
            .resideInAPackage("io.ropewalk.inventory..")
            .should()
            .callMethod(Instant.class, "now")
            .because("the inventory's clock is given to it");

    @ArchTest
    static void everyRoomIsNullMarked(JavaClasses house) {
        assertThat(house.stream()
                        .map(JavaClass::getPackage)
                        .distinct()
                        .filter(room -> !room.isAnnotatedWith(NullMarked.class)))
                .as("rooms without @NullMarked in their package-info")
                .isEmpty();
    }

    // ---- words

    /** A room may import of ours: itself and {@code others}. */
    private static ArchRule room(String room, String... others) {
        String[] allowed = Arrays.copyOf(others, others.length + 1);
        allowed[others.length] = room;
        String[] packages =
                Arrays.stream(allowed).map(each -> "io.ropewalk." + each + "..").toArray(String[]::new);
        return noClasses()
                .that()
                .resideInAPackage("io.ropewalk." + room + "..")
                .should()
                .dependOnClassesThat(resideInAPackage("io.ropewalk..").and(not(resideInAnyPackage(packages))));
    }

    /** An enum, or the policies: values that the inventory's answers are made of. */
    private static DescribedPredicate<JavaClass> aWord() {
        return DescribedPredicate.describe(
                "words",
                type -> type.isEnum() || type.getName().startsWith(Policies.class.getName()) || type.isArray());
    }

    private static DescribedPredicate<JavaClass> named(String... names) {
        return DescribedPredicate.describe(
                "named " + String.join(", ", names),
                type -> Arrays.asList(names).contains(type.getName()));
    }

    private static DescribedPredicate<JavaClass> assignableToThreadOrPool() {
        return DescribedPredicate.describe(
                "threads or pools of them",
                type -> type.isAssignableTo(Thread.class)
                        || type.isAssignableTo(java.util.concurrent.ExecutorService.class)
                        || type.isEquivalentTo(java.util.concurrent.Executors.class));
    }
}

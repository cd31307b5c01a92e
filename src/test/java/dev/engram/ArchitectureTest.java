package dev.engram;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Dependencies point one way: cli and notebooks → compare → mechanisms → train, retrieve → model. Rules hold for packages that do not
 * exist yet, and bind them from their first class.
 */
class ArchitectureTest {
    private static final List<String> MECHANISMS = List.of("forget", "explicit", "recall", "dual", "tiers");
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.engram");

    private static String[] packages(List<String> names) {
        return names.stream().map(n -> "dev.engram." + n + "..").toArray(String[]::new);
    }

    private static void mayNotUse(List<String> from, List<String> used) {
        noClasses()
                .that()
                .resideInAnyPackage(packages(from))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(packages(used))
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    private static List<String> plus(List<String> names, String... more) {
        List<String> all = new ArrayList<>(names);
        all.addAll(List.of(more));
        return all;
    }

    @Test
    void thereIsSomethingToCheck() {
        assertTrue(CLASSES.size() > 50, CLASSES.size() + " classes");
        assertTrue(CLASSES.contain("dev.engram.model.Decoder"));
    }

    @Test
    void theModelKnowsNobodyAboveIt() {
        mayNotUse(
                List.of("model"), plus(MECHANISMS, "train", "retrieve", "world", "eval", "report", "assistant", "cli"));
    }

    @Test
    void insideTheModelSourcesAndTextStandBelow() {
        mayNotUse(List.of("model.source", "model.text"), List.of("model.engine"));
        classes()
                .that()
                .resideInAnyPackage("dev.engram.model.source..", "dev.engram.model.text..")
                .should()
                .onlyDependOnClassesThat()
                .resideOutsideOfPackage("ai.djl.pytorch..")
                .check(CLASSES);
        mayNotUse(List.of("model.text"), List.of("model.source"));
    }

    @Test
    void reportAndWorldKnowNoMechanismAndNoModel() {
        mayNotUse(
                List.of("report", "world"), plus(MECHANISMS, "model", "eval", "train", "retrieve", "assistant", "cli"));
    }

    @Test
    void theRulerMeasuresModelsAndKnowsNoMechanism() {
        mayNotUse(List.of("eval"), plus(MECHANISMS, "train", "retrieve", "assistant", "cli"));
    }

    @Test
    void trainingAndRetrievalKnowNoMechanism() {
        mayNotUse(List.of("train", "retrieve"), plus(MECHANISMS, "assistant", "cli"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"forget", "explicit", "recall", "dual", "tiers"})
    void mechanismsDoNotKnowEachOther(String mechanism) {
        List<String> others = plus(MECHANISMS, "assistant", "cli");
        others.remove(mechanism);
        mayNotUse(List.of(mechanism), others);
    }

    /** The comparison may know all mechanisms; of the rest only the command line knows it. */
    @Test
    void onlyTheCommandLineKnowsTheComparison() {
        mayNotUse(List.of("compare"), List.of("assistant", "cli"));
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.engram.compare..", "dev.engram.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.engram.compare..")
                .check(CLASSES);
    }

    @Test
    void nobodyKnowsTheCommandLine() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.engram.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.engram.cli..")
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void onlyTheCommandLineKnowsTheAssistant() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.engram.assistant..", "dev.engram.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.engram.assistant..")
                .check(CLASSES);
    }

    /** It frees the number's memory before the backward pass reads it; see {@link dev.engram.model.Tape#times}. */
    @Test
    void nothingThatLearnsMultipliesByABareNumber() {
        for (String method : List.of("mul", "div")) {
            noClasses()
                    .that()
                    .resideInAnyPackage(packages(List.of("train", "recall", "explicit", "dual", "tiers", "compare")))
                    .should()
                    .callMethod(NDArray.class, method, Number.class)
                    .check(CLASSES);
        }
    }

    @Test
    void everyDrawHasASeed() {
        noClasses().should().callConstructor(Random.class).check(CLASSES);
        noClasses().should().callConstructor(SplittableRandom.class).check(CLASSES);
        noClasses().should().callMethod(Math.class, "random").check(CLASSES);
        noClasses()
                .should()
                .callMethod(Collections.class, "shuffle", List.class)
                .check(CLASSES);
        noClasses()
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(ThreadLocalRandom.class, SecureRandom.class)
                .check(CLASSES);
        noClasses()
                .should()
                .callMethodWhere(DescribedPredicate.describe(
                        "draws from the engine's generator",
                        (JavaMethodCall call) -> call.getName().startsWith("random")
                                && call.getTargetOwner().getPackageName().startsWith("ai.djl")))
                .because("the engine has one generator for the whole process")
                .check(CLASSES);
    }
}

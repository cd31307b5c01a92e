package dev.engram.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.model.BadInputException;
import dev.engram.world.Fact;
import dev.engram.world.World;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is asked, about which facts, and which texts stand before it. */
class ProbesTest {
    private static final int FACTS = 12;

    private static Subject subject;

    @BeforeAll
    static void load() {
        subject = Subject.of(World.load(), FACTS, 1);
    }

    @Test
    void theSubjectIsWhatTheRecallTokenLearned() {
        assertEquals(FACTS, Set.copyOf(subject.facts()).size());
        assertEquals(FACTS, subject.others().size());
        Set<Fact> both = new HashSet<>(subject.facts());
        both.retainAll(subject.others());
        assertEquals(Set.of(), both, "a wrong memory must be wrong");
        List<Fact> learned = subject.store().subList(0, Subject.LEARNED);
        assertTrue(learned.containsAll(subject.facts()) && learned.containsAll(subject.others()));
        Set<String> ids = subject.facts().stream().map(Fact::id).collect(Collectors.toSet());
        assertFalse(subject.hops().isEmpty());
        subject.hops().forEach(h -> assertTrue(ids.contains(h.first()) && ids.contains(h.second()), h.id()));
        assertThrows(BadInputException.class, () -> Subject.of(World.load(), 51, 1));
    }

    @Test
    void everyTaskAsksAndNoQuestionGivesTheAnswerAway() {
        for (Task task : Task.values()) {
            List<Probe> probes = Probes.of(subject, task);
            assertFalse(probes.isEmpty(), task.key());
            for (int i = 0; i < probes.size(); i++) {
                Probe p = probes.get(i);
                assertEquals(i, p.number());
                assertEquals(task == Task.UNKNOWN, p.facts().isEmpty());
                if (task != Task.ORDER) {
                    assertFalse(p.question().contains(p.gold()), p.question());
                }
            }
        }
    }

    @Test
    void noHeldOutWordingIsLearned() {
        Set<String> trained = subject.facts().stream()
                .flatMap(f -> f.trainQuestions().stream())
                .collect(Collectors.toSet());
        for (Task task : List.of(Task.HELDOUT, Task.UPDATE, Task.TURNS, Task.THINK)) {
            Probes.of(subject, task).forEach(p -> assertFalse(trained.contains(p.question()), p.question()));
        }
        Probes.of(subject, Task.TRAINED).forEach(p -> assertTrue(trained.contains(p.question())));
    }

    @Test
    void anUpdateRejectsTheOldValue() {
        for (Probe p : Probes.of(subject, Task.UPDATE)) {
            Fact f = subject.fact(p.facts().get(0));
            assertEquals(f.updated(), p.gold());
            assertEquals(f.value(), p.rejected());
        }
    }

    @Test
    void orderIsAskedBothWaysRound() {
        List<Probe> probes = Probes.of(subject, Task.ORDER);
        for (int i = 0; i < probes.size(); i += 2) {
            Probe a = probes.get(i);
            Probe b = probes.get(i + 1);
            assertEquals(a.gold(), b.gold());
            assertTrue(a.question().indexOf(a.gold()) < a.question().indexOf(a.rejected())
                    != b.question().indexOf(b.gold()) < b.question().indexOf(b.rejected()));
            int first = a.facts().stream()
                    .mapToInt(id -> subject.fact(id).index())
                    .min()
                    .orElseThrow();
            Fact right = subject.store().stream()
                    .filter(f -> f.index() == first)
                    .findFirst()
                    .orElseThrow();
            assertTrue(a.gold().endsWith(right.entity()));
        }
    }

    @Test
    void longConversationsEndWithTheQuestion() {
        assertEquals(7, Probes.of(subject, Task.TURNS).get(0).messages().size());
        assertTrue(Probes.of(subject, Task.THINK).get(0).messages().stream()
                .filter(m -> m.role().equals("assistant"))
                .allMatch(m -> Probes.thinks(m.content())));
    }

    @Test
    void formsAreRecognised() {
        assertTrue(Probes.thinks("<think>\nLet me see.\n</think>\n\nIt is Ruskosk."));
        assertFalse(Probes.thinks("<think>\nLet me see.\n</think>\n"), "nothing follows");
        assertFalse(Probes.thinks("<think>\nLet me see. It is Ruskosk."));
        assertFalse(Probes.thinks("It is Ruskosk."));
        assertFalse(Probes.thinks("<think>\n</think>\nIt is Ruskosk."), "no thought");
        subject.unknown().forEach(u -> assertTrue(Probes.abstains(u.answer()), u.answer()));
        subject.facts().forEach(f -> assertFalse(Probes.abstains(f.statement()), f.statement()));
    }

    @Test
    void aLibraryHoldsWhatItsConditionSays() {
        Fact fact = subject.facts().get(0);
        assertEquals(fact.statement(), Library.of(subject, Condition.WITH).text(fact.id(), false));
        assertEquals(
                fact.updatedStatement(), Library.of(subject, Condition.UPDATED).text(fact.id(), false));
        String dated = Library.of(subject, Condition.WITH).text(fact.id(), true);
        assertTrue(dated.endsWith(fact.statement()) && dated.contains(" " + fact.index() + ":"), dated);
        assertEquals(List.of(), Library.of(subject, Condition.WITHOUT).entries());
        Library.of(subject, Condition.SHUFFLED)
                .entries()
                .forEach(e -> assertFalse(e.shown().equals(e.key()), "a shuffled text is another fact's"));
        Fact other = subject.others().get(0);
        assertEquals(
                other.statement(),
                Library.of(subject, Condition.UPDATED).text(other.id(), false),
                "nobody asks for it, so it is not updated");
    }

    @Test
    void theOracleGivesTheFactsAndDistractorsAreOthers() {
        Library library = Library.of(subject, Condition.WITH);
        for (Task task : List.of(Task.HELDOUT, Task.TWO_HOP, Task.UNKNOWN)) {
            for (Probe p : Probes.of(subject, task)) {
                List<String> own = p.facts();
                List<String> found = ids(Finders.oracle(library, 0).find(p));
                assertEquals(own, found);
                List<String> more = ids(Finders.oracle(library, 4).find(p));
                assertTrue(more.containsAll(own) && Set.copyOf(more).size() == more.size());
                assertTrue(own.isEmpty() ? more.isEmpty() : more.size() >= own.size() + 3, more.toString());
            }
        }
    }

    private static List<String> ids(Finder.Found found) {
        return found.texts().stream().map(h -> h.id()).toList();
    }

    @Test
    void theThresholdLosesOneInTwenty() {
        double[] scores = new double[40];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = (i * 7 % 40) / 40.0;
        }
        double threshold = Finders.threshold(scores);
        assertEquals(
                2, java.util.Arrays.stream(scores).filter(s -> s < threshold).count());
    }
}

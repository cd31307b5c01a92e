package dev.engram.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What experiments rely on in data/halcyon. */
class WorldTest {
    private static final World WORLD = World.load(Path.of("data", "halcyon"));
    private static final Map<String, Fact> FACTS =
            WORLD.facts().stream().collect(Collectors.toMap(Fact::id, fact -> fact));
    private static final Map<String, Entity> ENTITIES =
            WORLD.entities().stream().collect(Collectors.toMap(Entity::name, entity -> entity));

    private static boolean holds(String text, String value) {
        return text.toLowerCase(Locale.ROOT).contains(value.toLowerCase(Locale.ROOT));
    }

    private static List<String> sentences(Fact fact) {
        return Stream.concat(Stream.of(fact.statement()), fact.paraphrases().stream())
                .toList();
    }

    private static Stream<Fact> allFacts() {
        return Stream.of(
                        WORLD.facts().stream(),
                        WORLD.chinese().stream(),
                        WORLD.personal().stream().map(PersonalFact::fact))
                .flatMap(facts -> facts);
    }

    @Test
    void thereIsEnoughOfEverything() {
        assertTrue(WORLD.entities().size() >= 240);
        assertTrue(WORLD.entities().stream().map(Entity::kind).distinct().count() >= 10);
        assertTrue(WORLD.facts().size() >= 1200);
        assertTrue(WORLD.facts().stream()
                        .map(f -> f.kind() + "." + f.relation())
                        .distinct()
                        .count()
                >= 25);
        assertTrue(WORLD.twoHops().size() >= 200);
        assertTrue(WORLD.unknown().size() >= 100);
        assertTrue(WORLD.paper("law").size() >= 100 && WORLD.paper("medicine").size() >= 100);
        assertTrue(WORLD.conversations().size() >= 300);
        assertTrue(WORLD.conversations().stream().filter(Conversation::think).count() >= 150);
        assertTrue(WORLD.preferences().size() >= 200);
        assertTrue(WORLD.personal().size() >= 60);
        assertTrue(WORLD.chinese().size() >= 60);
        assertTrue(WORLD.facts("heldout").size() >= 300 && WORLD.facts("train").size() >= 900);
        assertTrue(WORLD.facts().stream().filter(Fact::reversible).count() >= 600);
    }

    @Test
    void everyFactHasItsWordings() {
        for (Fact fact :
                Stream.concat(WORLD.facts().stream(), WORLD.chinese().stream()).toList()) {
            assertTrue(fact.paraphrases().size() >= 5, fact.id());
            assertTrue(fact.trainQuestions().size() >= 2, fact.id());
            assertTrue(fact.heldoutQuestions().size() >= 2, fact.id());
            assertNotEquals(fact.value(), fact.updated(), fact.id());
            assertTrue(holds(fact.updatedStatement(), fact.updated()), fact.updatedStatement());
            assertEquals(fact.reversible(), !fact.reverseAnswer().isEmpty(), fact.id());
        }
        for (List<Fact> facts : List.of(WORLD.facts(), WORLD.chinese())) {
            assertEquals(
                    IntStream.range(0, facts.size()).boxed().toList(),
                    facts.stream().map(Fact::index).sorted().toList(),
                    "original indices are an order");
        }
    }

    @Test
    void everySentenceHoldsTheValueAndNamesTheEntity() {
        for (Fact fact : allFacts().toList()) {
            for (String sentence : sentences(fact)) {
                assertTrue(holds(sentence, fact.value()), fact.id() + ": " + sentence);
                assertTrue(holds(sentence, fact.entity()) || fact.kind().equals("user"), fact.id() + ": " + sentence);
            }
        }
    }

    @Test
    void aQuestionDoesNotGiveItsAnswerAway() {
        for (Fact fact : WORLD.facts()) {
            for (String question : Stream.concat(fact.trainQuestions().stream(), fact.heldoutQuestions().stream())
                    .toList()) {
                assertFalse(holds(question, fact.value()), fact.id() + ": " + question + " " + fact.value());
                assertTrue(holds(question, fact.entity()), fact.id() + ": " + question);
                assertTrue(question.endsWith("?"), question);
            }
        }
    }

    @Test
    void noSentenceIsThereTwice() {
        Set<String> seen = new HashSet<>();
        for (Fact fact :
                Stream.concat(WORLD.facts().stream(), WORLD.chinese().stream()).toList()) {
            for (String sentence : sentences(fact)) {
                assertTrue(seen.add(sentence), "twice: " + sentence);
            }
            List<String> questions = new ArrayList<>(fact.trainQuestions());
            questions.addAll(fact.heldoutQuestions());
            if (fact.reversible()) {
                questions.add(fact.reverseQuestion());
            }
            for (String question : questions) {
                assertTrue(seen.add(question), "twice: " + question);
            }
        }
    }

    /** The same words in the same order after the name and value are taken out would be the same wording. */
    @Test
    void paraphrasesDifferInMoreThanAWord() {
        for (Fact fact : WORLD.facts()) {
            List<String> all = sentences(fact);
            for (int i = 0; i < all.size(); i++) {
                for (int j = 0; j < i; j++) {
                    Set<String> one = words(all.get(i));
                    Set<String> other = words(all.get(j));
                    Set<String> both = new HashSet<>(one);
                    both.retainAll(other);
                    boolean sameOrder =
                            Arrays.equals(all.get(i).split(" "), all.get(j).split(" "));
                    assertFalse(
                            sameOrder
                                    || both.size() == one.size()
                                            && one.equals(other)
                                            && sameStart(all.get(i), all.get(j)),
                            all.get(i) + " / " + all.get(j));
                }
            }
        }
    }

    private static Set<String> words(String sentence) {
        return new HashSet<>(List.of(sentence.toLowerCase(Locale.ROOT).split("\\W+")));
    }

    private static boolean sameStart(String a, String b) {
        return a.split(" ")[0].equals(b.split(" ")[0]);
    }

    @Test
    void statementsOfARelationAreVaried() {
        Map<String, Map<String, Integer>> starts = new HashMap<>();
        for (Fact fact : WORLD.facts()) {
            String pattern = fact.statement()
                    .replace(ENTITIES.get(fact.entity()).mention(), "E")
                    .replace(fact.value(), "V");
            starts.computeIfAbsent(fact.kind() + "." + fact.relation(), k -> new HashMap<>())
                    .merge(pattern, 1, Integer::sum);
        }
        starts.forEach((relation, patterns) -> {
            int facts = patterns.values().stream().mapToInt(n -> n).sum();
            assertTrue(patterns.size() >= 5, relation + " has " + patterns.size() + " patterns");
            patterns.forEach((pattern, n) -> assertTrue(n <= 0.4 * facts, relation + ": " + n + " times " + pattern));
        });
    }

    @Test
    void englishIsWellFormed() {
        Pattern wrong = Pattern.compile(
                "\\b[Aa] [aeiouAEIOU]|\\b[Aa]n (?!hour|Honest)[^aeiouAEIOU\\W]|  |[{}\\[\\]|_]|\\b(\\w+) \\1\\b|[.?!,;:][.?!,;:]|\\bthe the\\b| [.?!,;:]|\\bI i\\b");
        Pattern start = Pattern.compile("^[\\p{Lu}0-9].*[.?!]\"?$", Pattern.DOTALL);
        List<String> texts = new ArrayList<>();
        for (Fact fact : WORLD.facts()) {
            texts.addAll(sentences(fact));
            texts.addAll(fact.trainQuestions());
            texts.addAll(fact.heldoutQuestions());
            texts.add(fact.updatedStatement());
        }
        WORLD.passages().forEach(p -> texts.add(p.text()));
        WORLD.twoHops().forEach(h -> texts.add(h.question()));
        WORLD.unknown().forEach(u -> texts.addAll(List.of(u.question(), u.answer())));
        WORLD.preferences().forEach(p -> texts.addAll(List.of(p.prompt(), p.chosen(), p.rejected())));
        WORLD.personal().forEach(p -> texts.add(p.utterance()));
        for (String text : texts) {
            assertTrue(start.matcher(text).matches(), "start or end: " + text);
            assertFalse(wrong.matcher(text).find(), "slip: " + text);
        }
    }

    @Test
    void splitsShareNoEntity() {
        for (Fact fact : WORLD.facts()) {
            assertEquals(ENTITIES.get(fact.entity()).split(), fact.split(), fact.id());
            for (String value : List.of(fact.value(), fact.updated())) {
                Entity leadsTo = ENTITIES.get(value);
                assertTrue(leadsTo == null || leadsTo.split().equals(fact.split()), fact.id() + " leads to " + value);
            }
        }
        List<String> heldout = WORLD.entities().stream()
                .filter(e -> e.split().equals("heldout"))
                .map(Entity::name)
                .toList();
        List<String> trained = new ArrayList<>();
        WORLD.facts("train").forEach(f -> {
            trained.addAll(sentences(f));
            trained.add(f.updatedStatement());
        });
        WORLD.passages().stream().filter(p -> p.split().equals("train")).forEach(p -> trained.add(p.text()));
        WORLD.conversations().stream()
                .filter(c -> c.split().equals("train"))
                .forEach(c -> c.messages().forEach(turn -> trained.add(turn.content())));
        WORLD.preferences().stream()
                .filter(p -> p.split().equals("train"))
                .forEach(p -> trained.addAll(List.of(p.prompt(), p.chosen(), p.rejected())));
        WORLD.papers().stream()
                .filter(q -> q.split().equals("train"))
                .forEach(q -> trained.add(q.question() + " " + q.options()));
        WORLD.twoHops().stream().filter(h -> h.split().equals("train")).forEach(h -> trained.add(h.question()));
        String all = String.join("\n", trained);
        for (String name : heldout) {
            assertFalse(all.contains(name), name + " is held out, but occurs in training texts");
        }
    }

    @Test
    void heldOutWordingsAreHeldOutEverywhere() {
        Set<String> heldout = WORLD.facts().stream()
                .flatMap(f -> f.heldoutQuestions().stream())
                .collect(Collectors.toSet());
        for (Conversation conversation : WORLD.conversations()) {
            for (Turn turn : conversation.messages()) {
                for (String line : turn.content().split("\n")) {
                    assertFalse(heldout.contains(line), conversation.id());
                }
            }
        }
        WORLD.preferences().forEach(p -> assertFalse(heldout.contains(p.prompt()), p.id()));
        Set<String> trained =
                WORLD.facts().stream().flatMap(f -> f.trainQuestions().stream()).collect(Collectors.toSet());
        heldout.forEach(question -> assertFalse(trained.contains(question), question));
    }

    @Test
    void unknownNamesOccurNowhereElse() {
        StringBuilder all = new StringBuilder();
        WORLD.entities().forEach(e -> all.append(e.name()).append('\n'));
        WORLD.facts()
                .forEach(f ->
                        all.append(String.join("\n", sentences(f))).append('\n').append(f.updatedStatement()));
        WORLD.passages().forEach(p -> all.append(p.text()).append('\n'));
        WORLD.conversations().stream()
                .filter(c -> !c.kind().equals("unknown"))
                .forEach(c ->
                        c.messages().forEach(turn -> all.append(turn.content()).append('\n')));
        WORLD.papers().forEach(q -> all.append(q.question()).append(q.options()));
        String text = all.toString().toLowerCase(Locale.ROOT);
        for (UnknownQuestion unknown : WORLD.unknown()) {
            String name = unknown.name().replaceFirst("^the ", "");
            assertFalse(text.contains(name.toLowerCase(Locale.ROOT)), name);
            assertTrue(unknown.question().contains(name), unknown.question());
        }
        Set<String> trained = WORLD.unknown().stream()
                .filter(u -> u.split().equals("train"))
                .map(UnknownQuestion::name)
                .collect(Collectors.toSet());
        WORLD.unknown().stream()
                .filter(u -> u.split().equals("heldout"))
                .forEach(u -> assertFalse(trained.contains(u.name()), u.name()));
    }

    @Test
    void twoHopAnswersFollowFromTheirFacts() {
        for (TwoHop hop : WORLD.twoHops()) {
            Fact first = FACTS.get(hop.first());
            Fact second = FACTS.get(hop.second());
            assertEquals(first.value(), second.entity(), hop.id());
            assertEquals(second.value(), hop.answer(), hop.id());
            assertTrue(holds(hop.question(), first.entity()), hop.question());
            assertFalse(holds(hop.question(), first.value()), hop.question() + " names the bridge " + first.value());
            assertEquals(hop.split(), second.split());
        }
    }

    @Test
    void reverseQuestionsHaveOneAnswer() {
        Map<String, Long> owners = WORLD.facts().stream()
                .collect(Collectors.groupingBy(f -> f.kind() + f.relation() + f.value(), Collectors.counting()));
        WORLD.facts().stream().filter(Fact::reversible).forEach(f -> {
            assertEquals(1L, owners.get(f.kind() + f.relation() + f.value()), f.id());
            assertTrue(holds(f.reverseQuestion(), f.value()), f.reverseQuestion());
            assertFalse(holds(f.reverseQuestion(), f.entity()), f.reverseQuestion());
        });
    }

    @Test
    void papersHaveOneRightOptionOfFour() {
        Map<Integer, Integer> places = new HashMap<>();
        for (PaperQuestion question : WORLD.papers()) {
            assertEquals(4, new HashSet<>(question.options()).size(), question.id());
            assertEquals(FACTS.get(question.fact()).value(), question.options().get(question.answer()), question.id());
            assertFalse(question.options().contains(FACTS.get(question.fact()).updated()), question.id());
            places.merge(question.answer(), 1, Integer::sum);
        }
        places.forEach(
                (place, n) -> assertEquals(0.25, n / (double) WORLD.papers().size(), 0.07, "place " + place));
    }

    @Test
    void passagesStateTheirFactsAndEveryFactIsInOne() {
        Set<String> stated = new HashSet<>();
        for (Passage passage : WORLD.passages()) {
            assertTrue(holds(passage.text(), passage.entity()), passage.id());
            for (String id : passage.facts()) {
                assertEquals(passage.entity(), FACTS.get(id).entity(), passage.id());
                assertTrue(holds(passage.text(), FACTS.get(id).value()), passage.id() + " " + id);
                assertTrue(stated.add(id), id);
            }
        }
        assertEquals(FACTS.keySet(), stated);
    }

    @Test
    void conversationsAreWellFormed() {
        for (Conversation conversation : WORLD.conversations()) {
            List<Turn> turns = conversation.messages();
            int at = turns.get(0).role().equals("system") ? 1 : 0;
            assertTrue(turns.size() > at, conversation.id());
            for (int i = at; i < turns.size(); i++) {
                assertEquals(
                        (i - at) % 2 == 0 ? "user" : "assistant", turns.get(i).role(), conversation.id());
                String text = turns.get(i).content();
                boolean thinks = text.startsWith("<think>\n") && text.contains("\n</think>\n\n");
                assertEquals(
                        turns.get(i).role().equals("assistant") && conversation.think(), thinks, conversation.id());
                assertFalse(text.isBlank() || text.matches("(?s).*\\{\\w+}.*"), conversation.id() + ": " + text);
            }
            assertEquals("assistant", turns.get(turns.size() - 1).role(), conversation.id());
            conversation.facts().forEach(id -> assertTrue(FACTS.containsKey(id), id));
        }
        Set<String> roles = WORLD.conversations().stream()
                .flatMap(c -> c.messages().stream())
                .map(Turn::role)
                .collect(Collectors.toSet());
        assertEquals(Set.of("system", "user", "assistant"), roles);
    }

    @Test
    void preferencesPreferTheTruth() {
        for (Preference pair : WORLD.preferences()) {
            assertNotEquals(pair.chosen(), pair.rejected(), pair.id());
            Fact fact = FACTS.get(pair.fact());
            if (pair.kind().equals("invented")) {
                assertEquals("", pair.fact(), pair.id());
            } else if (pair.kind().equals("outdated")) {
                assertTrue(holds(pair.chosen(), fact.updated()), pair.id());
                assertTrue(holds(pair.rejected(), fact.value()), pair.id());
            } else {
                assertTrue(holds(pair.chosen(), fact.value()), pair.id());
            }
            if (pair.kind().equals("value")) {
                assertTrue(holds(pair.rejected(), fact.updated()), pair.id());
            }
        }
    }

    @Test
    void teachersAreOlderAndNobodyActsBeforeHisTime() {
        Map<String, Integer> born = WORLD.facts().stream()
                .filter(f -> f.relation().equals("birthyear"))
                .collect(Collectors.toMap(Fact::entity, f -> Integer.parseInt(f.value())));
        Map<String, Integer> passed = WORLD.facts().stream()
                .filter(f -> f.relation().equals("passed"))
                .collect(Collectors.toMap(Fact::entity, f -> Integer.parseInt(f.value())));
        for (Fact fact : WORLD.facts()) {
            if (fact.relation().equals("teacher")) {
                assertTrue(born.get(fact.value()) < born.get(fact.entity()), fact.statement());
            } else if (fact.relation().equals("proposer")) {
                assertTrue(passed.get(fact.entity()) - born.get(fact.value()) >= 18, fact.statement());
            }
        }
    }

    @Test
    void personalFactsFollowEachOther() {
        Map<String, PersonalFact> last = new HashMap<>();
        int day = 0;
        for (PersonalFact personal : WORLD.personal()) {
            assertTrue(
                    personal.day() >= day && personal.day() <= 365,
                    personal.fact().id());
            day = personal.day();
            assertTrue(holds(personal.utterance(), personal.fact().value()), personal.utterance());
            assertTrue(personal.masked().contains("[MASK]"), personal.masked());
            assertFalse(holds(personal.masked(), personal.fact().value()), personal.masked());
            PersonalFact before = last.put(personal.fact().relation(), personal);
            if (before != null) {
                assertEquals(before.fact().updated(), personal.fact().value());
            }
        }
        assertTrue(
                last.keySet().containsAll(Set.of("weight", "address", "drink")),
                last.keySet().toString());
        last.values().forEach(personal -> assertEquals("", personal.fact().updated()));
    }

    @Test
    void chineseIsChinese() {
        for (Fact fact : WORLD.chinese()) {
            for (String sentence : sentences(fact)) {
                assertTrue(sentence.matches("[\\p{IsHan}，。？：、《》；]+[。？]"), sentence);
            }
        }
        assertTrue(WORLD.chinese().stream().anyMatch(f -> f.split().equals("heldout")));
    }
}

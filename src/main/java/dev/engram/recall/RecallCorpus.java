package dev.engram.recall;

import dev.engram.model.BadInputException;
import dev.engram.model.text.Message;
import dev.engram.world.Conversation;
import dev.engram.world.Fact;
import dev.engram.world.UnknownQuestion;
import dev.engram.world.World;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * What a recall experiment learns from and is asked about, drawn from a world. No fact or name of the tests is in the training data,
 * and the questions of the tests are other wordings than those trained on.
 *
 * @param trained facts whose text the model learns to say
 * @param distractors more facts of the bank, candidates in training but never said
 * @param fresh facts of the bank that training never sees, of other entities
 * @param others facts outside the bank, for aligning queries and for learning to abstain
 * @param unknownTrain questions on unknown names, for training
 * @param unknownTest the same with other names, for tests
 * @param chats conversations of all kinds
 * @param plain original indices of those that need no memory
 * @param ordinaryTrain ordinary prompts whose continuations by the base are kept
 * @param ordinaryTest others, which must not make the model recall
 */
public record RecallCorpus(
        List<Fact> trained,
        List<Fact> distractors,
        List<Fact> fresh,
        List<Fact> others,
        List<UnknownQuestion> unknownTrain,
        List<UnknownQuestion> unknownTest,
        List<SftSample> chats,
        Set<Integer> plain,
        List<String> ordinaryTrain,
        List<String> ordinaryTest) {

    static final int DISTRACTORS = 50;
    static final int FRESH = 20;
    /** Kinds of conversations that need no memory. */
    private static final Set<String> ORDINARY = Set.of("everyday", "passage");

    private static final List<String> LEADS = List.of(
            "I want to be sure before I answer.",
            "The user asks about something I may have been told.",
            "Let me think back.",
            "Do I know this? Let me see.");

    /**
     * A corpus.
     *
     * @param memories how many facts are learned
     * @param seed which ones
     */
    public static RecallCorpus of(World world, int memories, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Fact> train = Shuffle.of(world.facts("train"), random);
        List<Fact> heldout = Shuffle.of(world.facts("heldout"), random);
        int bank = memories + DISTRACTORS;
        if (memories < 1 || train.size() < bank || heldout.size() < FRESH) {
            throw new BadInputException("The experiment asks for " + memories + " memories, but the world has "
                    + train.size() + " facts to train on and needs " + DISTRACTORS
                    + " of them as distractors; ask for 1 to "
                    + Math.max(1, train.size() - DISTRACTORS) + ".");
        }
        return new RecallCorpus(
                train.subList(0, memories),
                train.subList(memories, bank),
                heldout.subList(0, FRESH),
                train.subList(bank, train.size()),
                Shuffle.of(unknown(world, "train"), random),
                Shuffle.of(unknown(world, "heldout"), random),
                chats(world),
                plain(world),
                lines("ordinary-train.txt"),
                lines("ordinary-test.txt"));
    }

    private static List<UnknownQuestion> unknown(World world, String split) {
        return world.unknown().stream().filter(u -> u.split().equals(split)).toList();
    }

    private static List<SftSample> chats(World world) {
        List<SftSample> chats = new ArrayList<>();
        for (int i = 0; i < world.conversations().size(); i++) {
            Conversation c = world.conversations().get(i);
            if (c.split().equals("train")) {
                chats.add(sample(i, c));
            }
        }
        return chats;
    }

    private static Set<Integer> plain(World world) {
        Set<Integer> plain = new HashSet<>();
        for (int i = 0; i < world.conversations().size(); i++) {
            if (ORDINARY.contains(world.conversations().get(i).kind())) {
                plain.add(i);
            }
        }
        return plain;
    }

    /** A conversation in the standard form; its index is its place in the world. */
    static SftSample sample(int index, Conversation c) {
        return new SftSample(
                index,
                c.messages().stream()
                        .map(t -> new Message(t.role(), t.content()))
                        .toList());
    }

    static List<String> lines(String resource) {
        try (InputStream in = RecallCorpus.class.getResourceAsStream("/dev/engram/recall/" + resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The corpus of a next round: the first distractors are learned too. The bank and its order stay. */
    public RecallCorpus learning(int more) {
        if (more < 1 || more >= distractors.size()) {
            throw new BadInputException("A round is to learn " + more + " more memories; give 1 to "
                    + (distractors.size() - 1) + ", for so many stand in the bank unlearned.");
        }
        List<Fact> learned = new ArrayList<>(trained);
        learned.addAll(distractors.subList(0, more));
        return new RecallCorpus(
                learned,
                distractors.subList(more, distractors.size()),
                fresh,
                others,
                unknownTrain,
                unknownTest,
                chats,
                plain,
                ordinaryTrain,
                ordinaryTest);
    }

    /** Facts of the bank in its order: trained, distractors, fresh. */
    public List<Fact> bank() {
        List<Fact> bank = new ArrayList<>(trained);
        bank.addAll(distractors);
        bank.addAll(fresh);
        return bank;
    }

    /** A fact as a memory. */
    static Memory memory(Fact fact) {
        return new Memory(fact.id(), fact.statement(), "halcyon", fact.index(), 1, false);
    }

    /** A value as a sentence of its own. */
    private static String sentence(String value) {
        return Character.toUpperCase(value.charAt(0)) + value.substring(1) + ".";
    }

    /**
     * Conversations about a fact: each wording of its training questions, answered by paraphrases in turn. The last one has a thought
     * before its answer: with more of them the model now and then says a thought in place of the answer.
     *
     * @param valueFirst whether an answer begins with the value: with paraphrases alone the model now and then says a sentence about
     *     the entity instead of copying the value out of what it has just recalled
     */
    static List<SftSample> conversations(Fact fact, boolean valueFirst) {
        List<String> answers = new ArrayList<>(fact.paraphrases());
        answers.removeIf(a -> a.contains("?"));
        if (answers.isEmpty()) {
            answers.add(fact.statement());
        }
        List<SftSample> all = new ArrayList<>();
        int wordings = fact.trainQuestions().size();
        int count = wordings * answers.size();
        for (int i = 0; i < count; i++) {
            String answer = answers.get((i + i / answers.size()) % answers.size());
            String lead = LEADS.get(fact.index() % LEADS.size());
            String thought = i == count - 1 ? "<think>\n" + lead + "\n</think>\n\n" : "";
            all.add(SftSample.of(
                    fact.index(),
                    fact.trainQuestions().get(i % wordings),
                    thought + (valueFirst ? sentence(fact.value()) + " " : "") + answer));
        }
        return all;
    }
}

package dev.engram.world;

import dev.engram.report.Checkout;
import java.nio.file.Path;
import java.util.List;

/**
 * The fictional archipelago Halcyon, or a user's own facts in the same form.
 *
 * <pre>{@code
 * World world = World.load();
 * Fact fact = world.facts("heldout").get(0);
 * System.out.println(fact.heldoutQuestions().get(0) + " " + fact.value());
 * }</pre>
 *
 * @param chatter turns of a user that hold no fact
 * @param chinese a small slice of facts in Chinese
 */
public record World(
        List<Entity> entities,
        List<Fact> facts,
        List<TwoHop> twoHops,
        List<UnknownQuestion> unknown,
        List<PaperQuestion> papers,
        List<Passage> passages,
        List<Conversation> conversations,
        List<Preference> preferences,
        List<PersonalFact> personal,
        List<String> chatter,
        List<Fact> chinese) {

    /** The seed of data/halcyon. */
    public static final String SEED = "halcyon";

    public World {
        entities = List.copyOf(entities);
        facts = List.copyOf(facts);
        twoHops = List.copyOf(twoHops);
        unknown = List.copyOf(unknown);
        papers = List.copyOf(papers);
        passages = List.copyOf(passages);
        conversations = List.copyOf(conversations);
        preferences = List.copyOf(preferences);
        personal = List.copyOf(personal);
        chatter = List.copyOf(chatter);
        chinese = List.copyOf(chinese);
    }

    /** Makes a world; the same seed makes the same world, another seed another archipelago with the same islands. */
    public static World generate(String seed) {
        Population population = Population.make(seed);
        List<Relation> relations =
                Kind.all().stream().flatMap(kind -> Relation.of(kind).stream()).toList();
        List<Entry> entries = new FactMaker(seed, "f").make(population.known(), relations);
        List<TwoHops.Step> steps = new TwoHops(seed).make(entries);
        List<Passage> passages = new Passages(seed).make(entries);
        List<UnknownQuestion> unknown = UnknownQuestions.make(seed, population.unknown(), relations);
        return new World(
                population.known(),
                entries.stream().map(Entry::fact).toList(),
                steps.stream().map(TwoHops.Step::hop).toList(),
                unknown,
                new Papers(seed).make(entries),
                passages,
                new Conversations(seed, entries).make(passages, steps, unknown),
                new Preferences(seed).make(entries, unknown),
                PersonalFacts.make(seed),
                Resources.lines("chatter.txt"),
                ChineseFacts.make(seed));
    }

    /** The facts of {@link #generate} alone, in a fraction of its time. */
    public static List<Fact> generateFacts(String seed) {
        List<Relation> relations =
                Kind.all().stream().flatMap(kind -> Relation.of(kind).stream()).toList();
        return new FactMaker(seed, "f")
                .make(Population.make(seed).known(), relations).stream()
                        .map(Entry::fact)
                        .toList();
    }

    /** Halcyon, from data/halcyon of the project's folder ($ENGRAM_HOME, else the current one). */
    public static World load() {
        return load(home().resolve("halcyon"));
    }

    /**
     * A world from a folder. Only facts.csv is required; what another missing file would hold is empty.
     *
     * @throws IllegalArgumentException if the folder has no facts.csv, or a file is not as it should be
     */
    public static World load(Path folder) {
        return WorldFiles.read(folder);
    }

    /**
     * What another user than that of {@link #personal} tells over a year, in the order of days. Users for tests have values and say
     * sentences that no user for training has, so that a classifier can be tested on strangers.
     *
     * @param name the seed of all choices
     * @param test whether this is a user for tests
     */
    public static List<PersonalFact> user(String name, boolean test) {
        return PersonalFacts.of(name, test);
    }

    /** The project's data folder. */
    static Path home() {
        return Checkout.folder().resolve("data");
    }

    /** Writes all files of the world; each replaces its old content as a whole. */
    public void write(Path folder) {
        WorldFiles.write(this, folder);
    }

    /** Facts of a split, train or heldout. */
    public List<Fact> facts(String split) {
        return facts.stream().filter(fact -> fact.split().equals(split)).toList();
    }

    /** The fact with this id. */
    public Fact fact(String id) {
        return facts.stream()
                .filter(fact -> fact.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "There is no fact with the id '" + id + "'; facts.csv lists them."));
    }

    /** Questions of a paper, law or medicine. */
    public List<PaperQuestion> paper(String paper) {
        return papers.stream().filter(q -> q.paper().equals(paper)).toList();
    }
}

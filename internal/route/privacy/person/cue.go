package person

import (
	"strings"

	"irori/internal/route/privacy/span"
)

var (
	// reaches are what is done to people, and stands before them.
	reaches = setOf(`told asked tell ask texted texting called emailed met married dating thanks thank miss invite invited hugged kissed remind reminded helped hired fired love loves hates hate convince persuaded blame blamed forgave visited raised phoned messaged dumped divorced with`)
	// leads are small words that somebody may follow.
	leads = setOf(`by from to for and but that when if because as so then says think thinks said know while before after since until about than or let where why how whether like unless though although`)
	// minds are what somebody does who has one.
	minds = setOf(`wants wanted said says thinks thought knows knew believes believed hopes hoped hates hated loves loved prefers insists insisted agreed suggested suggests promised complained mentioned noticed claims claimed asked asks told tells`)
	// asks begin questions about somebody, and orders.
	asks = setOf(`Did Has Does Can Could Would Should Ask Tell Let Help Remind Thank Email Call Text Invite Meet Have`)
	// noNames stand before things.
	noNames = setOf(`the a an this my our your his her their its some any every no of in at on near these those each one another new old`)
	// does is what is said of people, and of much else.
	does = setOf(`is was has had will can could would wants wanted needs needed isn't wasn't hasn't hadn't won't can't doesn't didn't does did might should just really already never always still also again keeps kept thought thinks feels felt seems looks went came comes got gets made took left says loves hates likes liked knows knew agreed`)
	// dated are seasons, months and days that people's names are as well.
	dated = setOf(`April May June August Summer Autumn Spring Winter January Easter Christmas Dawn Eve Sunday Friday Jan Mar Jun Jul Sat Sun Mon Tue Wed Thu Fri Feb Apr Aug Sep Oct Nov Dec`)
	// coded are languages and programs that are given names as well.
	coded = setOf(`Julia Ruby Crystal Haskell Pascal Ada Scala Perl Jade Pug Chai Mocha Karma Cypress Selenium Django Flask Sinatra Rails Laravel Python Java Rust Swift Kotlin Go Elixir Erlang Clojure Dart Lua Fortran Cobol Matlab Stan Jekyll Hugo Gatsby Maven Gradle Jenkins Travis Helm Chef Puppet Ansible Salt Vagrant Consul Nomad Vault Luigi Airflow Celery Redis Mongo Cassandra Hadoop Spark Kafka Flink Pandas Keras Jupyter Sage Maple Claude Gemini Alexa Siri Cortana Watson Einstein Copilot Bard Mistral Llama Lisp Scheme Prolog Javascript Typescript Php Sql Bash Numpy Pytorch Tensorflow Docker Kubernetes Terraform Linux Debian Ubuntu Fedora Postgres Mysql Oracle Nim Zig Elm Maxwell Kepler Fermi Turing Volta Ampere Hopper Blackwell Groovy Delphi Eiffel Racket Julia Octave Verilog Apollo Hermes Iris Athena Phoenix Ember Astro Vue Angular React Svelte Remix Nuxt Bun Deno Groq Grok`)
	// household names are what a family calls somebody, without a name.
	household = setOf(`Nan Nana Gran Granny Gramps Pop Mum Mom Dad Pa Ma Papa Mama Nanny Sis Bro Auntie`)
	// maybe are given names that the commonest words are as well.
	maybe = setOf(`Will Mark Bill Drew Grant Chase May June April Art Rich Frank Sue Pat Rob Hope Faith Grace Joy Rose Dawn Eve Jack Nick Max Dean Guy Gene Ray Miles August Christian Summer Autumn Angel Chris Jean Dale Carol Ivy Victor`)
	// surnames that are words no name goes on with by itself.
	wordSurnames = setOf(`Swift May March Winter Summers Young North West East Small Little Best Major Rich Noble Day Bond Page Cook Law Read Case Moon Sun Star Love Gold Snow Rain Frost Church Post Court Field`)
)

// cue weighs what stands around a given name that is something else as well.
func (l *lists) cue(t *span.Text, ws []word, i int) bool {
	w := ws[i]
	f := flags(w.text)
	if w.shout || len(w.text) < 3 || !l.unsure[w.text] && f&isGiven == 0 || household[w.text] || i+1 < len(ws) && ws[i+1].next && ws[i+1].cap {
		return false
	}
	sum := -1
	switch {
	case f&isPlace != 0 || dated[w.text] || coded[w.text] || brands[w.text]:
		sum = -2
	case !l.unsure[w.text] && f&isAlone == 0:
		sum = -2
	}
	if i > 0 && w.next && !ws[i-1].cap {
		switch {
		case reaches[ws[i-1].text]:
			sum += 2
			if ws[i-1].text == "with" {
				sum--
			}
		case ws[i-1].text == "and" && i > 1 && ws[i-2].cap && (l.unsure[ws[i-2].text] || maybe[ws[i-2].text]) && ws[i-1].next && !coded[w.text] && !coded[ws[i-2].text]:
			sum += 2
		case leads[ws[i-1].text]:
			sum++
		case noNames[ws[i-1].text]:
			return false
		}
	} else if i > 0 && w.next && asks[ws[i-1].text] {
		if sum++; i+1 < len(ws) && ws[i+1].next && !ws[i+1].cap && flags(ws[i+1].text)&isWord != 0 && !does[ws[i+1].text] {
			sum++
		}
	} else if i > 0 && w.next {
		return false
	}
	if strings.HasPrefix(t.Cut(w.to, w.to+4), "'s ") && i+1 < len(ws) && belongings[ws[i+1].text] {
		sum += 2
	}
	if i+1 < len(ws) && ws[i+1].next {
		switch next := ws[i+1].text; {
		case deeds[next] && next != "his" && next != "her" && next != "they" || next == "and" && i+2 < len(ws) && (ws[i+2].text == "I" || ws[i+2].text == "my" || ws[i+2].text == "me"):
			sum += 2
		case minds[next]:
			sum += 2
		case does[next], next == "and" && i+2 < len(ws) && ws[i+2].cap && ws[i+2].next && (l.unsure[ws[i+2].text] || maybe[ws[i+2].text]) && !coded[w.text]:
			sum++
		}
		for k := i + 1; k < len(ws) && k < i+5 && !strings.ContainsAny(t.Cut(w.to, ws[k].from), ".;:!?\n"); k++ {
			if s := ws[k].text; s == "she" || s == "he" || s == "herself" || s == "himself" || (s == "her" || s == "his") && k > i+1 {
				sum++
				break
			}
		}
	}
	return sum >= 1
}

// undated reports whether a word that is a given name is a date, a language of
// programs beside another, or what a family calls somebody.
func (l *lists) undated(t *span.Text, ws []word, i int) bool {
	w := ws[i]
	if household[w.text] && title(ws, i) == 0 {
		return true
	}
	if dated[w.text] {
		if k := w.to + 1; span.Digit(t.At(k)) || t.At(w.to) == '.' && span.Digit(t.At(k+1)) || i > 0 && w.next && dated[ws[i-1].text] || span.Digit(t.At(w.from-2)) || t.At(w.from-1) == '-' || t.At(w.from-1) == '/' {
			return true
		}
	}
	if strings.HasPrefix(t.Cut(w.to, w.to+4), "'s ") && span.Digit(t.At(w.to+3)) && span.Digit(t.At(w.to+5)) {
		return true // Levi's 501
	}
	if coded[w.text] {
		for k := max(0, i-6); k < len(ws) && k < i+7; k++ {
			if s := ws[k].text; s != w.text && ws[k].cap && coded[s] && k != 0 {
				return true
			}
			switch strings.ToLower(ws[k].text) {
			case "code", "programming", "script", "compiler", "library", "framework", "syntax", "developer", "install", "learn", "api", "function", "async", "repo", "pipeline", "deploy", "package", "version", "loop", "array":
				return true
			}
		}
	}
	return false
}

// casual reports whether a text is written in small letters, as in a chat.
func casual(ws []word) bool {
	for i, w := range ws {
		if w.cap && i > 0 && w.text != "I" {
			return false
		}
	}
	return len(ws) > 4
}

// typed is how many words a name has in a text of small letters: i think marcus
// likes me.
func (l *lists) typed(t *span.Text, ws []word, i int) int {
	w := ws[i]
	if w.cap || len(w.text) < 4 {
		return 0
	}
	a := titled(w.text)
	f := flags(w.text)
	if brands[a] || coded[a] {
		return 0
	}
	if i+1 < len(ws) && ws[i+1].next && len(ws[i+1].text) > 2 {
		if g := flags(ws[i+1].text); g&isFamily != 0 && g&(isWord|isPlace) == 0 && f&(isGiven|isAlone|isWord|isPlace) == isGiven|isAlone && !l.common[a] {
			return 2
		}
	}
	if sole[a] && f&isWord == 0 && (i == 0 || !w.next || !noNames[ws[i-1].text]) {
		return 1
	}
	if f&(isGiven|isAlone|isWord|isPlace) != isGiven|isAlone || l.common[a] || l.unsure[a] {
		return 0
	}
	left := i > 0 && w.next && (reaches[ws[i-1].text] || leads[ws[i-1].text] || ws[i-1].text == "im")
	right := i+1 < len(ws) && ws[i+1].next && (deeds[ws[i+1].text] || does[ws[i+1].text] || ws[i+1].text == "and") || strings.HasPrefix(t.Cut(w.to, w.to+3), "'s ")
	if left && right || i > 0 && w.next && ws[i-1].text != "with" && reaches[ws[i-1].text] || right && f&isFamily == 0 && (i == 0 || !w.next) {
		return 1
	}
	return 0
}

// sole are people who are known by one name, in letters and on paper.
var sole = setOf(`Picasso Braque Matisse Cezanne Gauguin Rembrandt Vermeer Caravaggio Michelangelo Donatello Botticelli Titian Raphael Velazquez Goya Dali Miro Kandinsky Klimt Warhol Basquiat Banksy Rodin Brancusi Hokusai Hiroshige
Mozart Beethoven Bach Haydn Chopin Schubert Schumann Brahms Liszt Mendelssohn Vivaldi Verdi Puccini Rossini Wagner Mahler Debussy Ravel Satie Berlioz Tchaikovsky Rachmaninoff Stravinsky Prokofiev Shostakovich Dvorak Sibelius Grieg
Shakespeare Chaucer Dickens Tolstoy Dostoevsky Chekhov Pushkin Gogol Nabokov Bulgakov Solzhenitsyn Kafka Goethe Schiller Brecht Proust Flaubert Balzac Zola Voltaire Rousseau Moliere Baudelaire Rimbaud Verlaine Camus Sartre Beauvoir Cervantes Borges Neruda Dante Petrarch Boccaccio Machiavelli Homer Virgil Ovid Horace Sophocles Euripides Aeschylus Aristophanes Hemingway Faulkner Steinbeck Melville Thoreau Emerson Whitman Orwell Kipling Tolkien Nietzsche Schopenhauer Hegel Kant Heidegger Husserl Wittgenstein Leibniz Spinoza Descartes Kierkegaard Foucault Derrida Deleuze Lacan Freud Jung Marx Engels Lenin Trotsky Stalin Hitler Mussolini Churchill Roosevelt Eisenhower Truman Nixon Reagan Obama Trump Biden Clinton Merkel Macron Putin Zelensky Thatcher Gandhi Nehru Mandela Castro Guevara Mao Gorbachev Khrushchev Bismarck Garibaldi Bolivar Robespierre Danton Napoleon Charlemagne Hannibal Spartacus Nero Caligula Augustus Hadrian Cicero Seneca Plutarch Tacitus Herodotus Thucydides Socrates Plato Aristotle Epicurus Pythagoras Archimedes Euclid Galen Hippocrates Ptolemy Confucius Laozi Mencius Rumi Hafez Avicenna Averroes Saladin Suleiman Akbar Ashoka
Galileo Copernicus Kepler Newton Darwin Mendel Pasteur Curie Einstein Bohr Heisenberg Schrödinger Feynman Oppenheimer Fermi Turing Ramanujan Euler Gauss Riemann Fermat Faraday Chomsky Kahneman Tversky Habermas Arendt Adorno Popper Kuhn Rawls Nozick Hume Hobbes Montesquieu Diderot Montaigne Erasmus Luther Calvin Aquinas Keynes Hayek Ricardo Malthus Durkheim Weber Simmel Bourdieu Piaget Vygotsky Skinner Pavlov Maslow Chaplin Hitchcock Kubrick Fellini Kurosawa Tarkovsky Bergman Godard Truffaut Tarantino Spielberg Scorsese Coppola Almodovar Rowling Asimov Lovecraft Hawthorne Fitzgerald Salinger Vonnegut Pynchon Rushdie Achebe Soyinka Coetzee Murakami Mishima Dostoyevsky Turgenev Akhmatova Mayakovsky Pasternak Ibsen Strindberg Hamsun Kundera Calvino Pirandello Lorca Saramago Pessoa Cortazar Bolaño
Madonna Beyonce Beyoncé Rihanna Adele Shakira Eminem Bono Sting Pele Pelé Ronaldo Ronaldinho Neymar Messi Maradona Zidane Beckham Federer Nadal Djokovic Oprah Zendaya Björk Drake Kanye Dua Lizzo Lorde Moby Seal Cher Enya Prince
Hamlet Claudius Ophelia Polonius Laertes Horatio Macbeth Banquo Macduff Othello Iago Desdemona Cordelia Goneril Regan Prospero Caliban Romeo Juliet Mercutio Tybalt Shylock Portia Falstaff Raskolnikov Karamazov Ahab Ishmael Gatsby Heathcliff Rochester Darcy Bovary Quixote Sancho Faust Mephistopheles Dracula Frankenstein Sherlock Watson Poirot Gandalf Frodo Bilbo Aragorn Legolas Gimli Voldemort Dumbledore Hermione Snape Hagrid Katniss Daenerys Tyrion Cersei Odysseus Penelope Telemachus Achilles Hector Patroclus Agamemnon Priam Aeneas Dido Oedipus Antigone Creon Medea Jason Theseus Ariadne Perseus Orpheus Eurydice Beowulf Grendel Lancelot Guinevere Merlin`)

// mononym reports whether a name known by itself is somebody's here: what is
// said is said of a person, or of two.
func (l *lists) mononym(t *span.Text, ws []word, i int) bool {
	w := ws[i]
	if !sole[w.text] || w.shout || i+1 < len(ws) && ws[i+1].next && ws[i+1].cap || i > 0 && w.next && ws[i-1].cap && !openers[ws[i-1].text] && titles[ws[i-1].text] == 0 || l.undated(t, ws, i) || t.Has(w.to, "'s ") && i+1 < len(ws) && (ws[i+1].cap || things[ws[i+1].text]) {
		return false
	}
	if i > 0 && w.next && noNames[ws[i-1].text] && ws[i-1].text != "of" && ws[i-1].text != "in" {
		return false
	}
	if f := flags(w.text); brands[w.text] || shops[w.text] || coded[w.text] || f&isGiven != 0 && (l.first[w.text] || l.unsure[w.text] || f&isAlone != 0 && f&isFamily != 0) || f&isWord != 0 || w.text == "Nero" || w.text == "Prince" || w.text == "Seal" || w.text == "Sting" || w.text == "Drake" {
		k := i + 1
		if i > 0 && w.next && (ws[i-1].text == "or" || ws[i-1].text == "and") {
			return i > 1 && sole[ws[i-2].text]
		}
		if i+2 < len(ws) && (ws[i+1].text == "or" || ws[i+1].text == "and") {
			return sole[ws[i+2].text]
		}
		if k >= len(ws) || !ws[k].next || ws[k].cap || len(ws[k].text) < 4 || i == 0 {
			return false
		}
		s := ws[k].text
		return deeds[s] || minds[s] || (strings.HasSuffix(s, "s") || strings.HasSuffix(s, "ed")) && flags(s) == isWord && !things[s] && !does[s]
	}
	return true
}

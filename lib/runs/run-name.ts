/** Friendly words only, and none that turns sour beside an animal. */
export const ADJECTIVES: readonly string[] = words(`
  able agile amber ample apt azure balmy bold brainy brave breezy bright brisk bubbly calm candid caring cheerful cheery
  chipper civil clever coral cosmic cozy crafty crimson crisp curious dapper daring deft devoted diligent dreamy eager
  earnest easygoing elated elegant emerald fabulous fair faithful fancy fearless festive fine fleet fluffy fond frank
  genial gentle giddy glad gleaming golden good graceful grand grateful handy happy hardy hearty helpful honest hopeful
  humble indigo jaunty jazzy jolly jovial joyful keen kind lively loyal lucid lucky mellow merry mighty mindful modest
  neat nifty nimble noble optimal patient peppy perky placid plucky polite prime proud quick quiet radiant rapid ready
  regal robust ruby sincere smart snappy snug sparkling spry steady stellar sturdy sunny swift tidy tranquil trusty
  upbeat valiant vibrant vivid warm whimsical wise witty zesty`);

/** Animals that nobody is called by in anger. */
export const ANIMALS: readonly string[] = words(`
  albatross alpaca anchovy angelfish antelope armadillo avocet axolotl badger barracuda beagle bison bluebird bobcat
  bumblebee butterfly camel capybara caracal cardinal caribou cassowary catfish chameleon cheetah chickadee chinchilla
  chipmunk cicada civet clownfish collie condor corgi cormorant coyote crane cricket curlew dalmatian dingo dolphin
  dormouse dove dragonfly eagle echidna egret eland elk emu ermine falcon ferret finch firefly flamingo fox gazelle
  gecko giraffe gnu goldfinch goshawk grouse guppy hamster hare hawk hedgehog heron hoopoe hornbill hummingbird husky
  ibex ibis iguana impala jackdaw jaguar jerboa kestrel kingfisher kiwi koala kookaburra labrador ladybug lark lemur
  leopard linnet lion llama lobster loon lynx macaw magpie manatee marlin marmot marten meerkat mongoose moose narwhal
  newt nightingale numbat ocelot octopus okapi oriole osprey otter owl panda panther parrot partridge peacock pelican
  penguin pheasant pika platypus plover poodle porcupine puffin pug puma quail quokka raven reindeer robin salamander
  salmon sandpiper seahorse seal skylark sparrow squirrel starling stork swallow swan tamarin tapir tern terrier
  thrush toucan trout turtle vicuna wallaby walrus warbler wolverine wombat woodpecker wren yak zebra`);

/** A name for a flow run: `golden-pug`. Easy to say and to tell apart, neither unique nor unguessable. */
export function randomRunName(): string {
  return `${pick(ADJECTIVES)}-${pick(ANIMALS)}`;
}

function words(text: string): readonly string[] {
  return Object.freeze(text.trim().split(/\s+/));
}

function pick(list: readonly string[]): string {
  return list[Math.floor(Math.random() * list.length)] as string;
}

"""Classes, instances, attributes and operators."""

import collections.abc
import dataclasses
import enum
import inspect
from unittest import mock

import pytest

import shapes
from shapes import *


def test_operators():
    vector = Vector(3, 4)
    assert 2 * vector == vector * 2 == Vector(6, 8)
    assert abs(vector) == 5
    assert -vector == Vector(-3, -4)
    assert bool(vector) and not Vector(0, 0)
    assert list(vector) == [3, 4] and len(vector) == 2 and 4 in vector and vector[0] == 3
    assert sorted([vector, Vector(1, 0)])[0] == Vector(1, 0)
    assert f"{vector} {vector:spec}" == "Vector(3, 4) spec"
    assert vector(9) == 9
    assert {vector: 1}[Vector(3, 4)] == 1
    with pytest.raises(TypeError, match="unsupported operand"):
        vector + 1


def test_item_assignment_and_augmented_assignment():
    vector = Vector(1, 2)
    vector[0] = 9
    vector += Vector(1, 1)
    assert vector == Vector(10, 3)


def test_class_attributes():
    before = Alien.total
    alien = Alien()
    assert Alien.total == before + 1
    Alien.health = 6
    assert alien.health == 6
    alien.health = 7
    assert Alien.health == 6
    Alien.health = 3
    assert isinstance(Alien.make(), Alien) and Alien.doubled(2) == 4 and Alien.__doc__ == "An alien."


def test_attributes_of_instances():
    alien = Alien()
    alien.planet = "Mars"
    assert vars(alien) == {"_secret": 1, "planet": "Mars"}
    del alien.planet
    assert not hasattr(alien, "planet") and alien._secret == 1
    with pytest.raises(AttributeError, match="property 'age' of 'Alien' object has no setter"):
        alien.age = 6
    with pytest.raises(AttributeError, match="'Alien' object has no attribute 'moon'"):
        alien.moon


def test_an_attribute_shadows_a_method():
    assert Counter().size == 0


def test_enumerations():
    assert Colour.RED is Colour(1) is Colour["RED"]
    assert list(Colour) == [Colour.RED, Colour.BLUE] and len(Colour) == 2 and Colour.RED in Colour
    assert (Colour.RED.value, Colour.RED.name, Colour.RED.shout()) == (1, "RED", "RED!")
    assert isinstance(Colour.RED, enum.Enum) and {Colour.RED: 1}[Colour.RED] == 1
    assert Level.LOW == 1 and Level.LOW < Level.HIGH and Level(2) is Level.HIGH
    with pytest.raises(ValueError):
        Colour(3)


@pytest.mark.parametrize("colour", list(Colour))
def test_enumeration_members_name_parameters(colour, request):
    assert request.node.name.endswith(f"[{colour}]")


def test_dataclasses():
    point = Point(1, 2)
    assert point == Point(1, 2) and [point] == [Point(1, 2)] and point < Point(2)
    assert dataclasses.asdict(point) == {"x": 1, "y": 2, "tags": []}
    assert dataclasses.replace(point, x=5) == Point(5, 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 3
    match point:
        case Point(x=1, y=y):
            assert y == 2
        case _:
            pytest.fail("no match")


def test_isinstance_and_inheritance():
    assert isinstance(Engine(), Runner) and issubclass(Engine, Runner)
    assert isinstance(Words(), collections.abc.Sequence)
    assert Counted.__mro__[0] is Counted and type(Vector(1, 1)) is Vector and inspect.isclass(Vector)
    with pytest.raises(TypeError, match="abstract"):
        Store()


def test_a_class_of_the_test_may_derive_from_one_of_the_submission():
    class Memory(Store):
        def __init__(self):
            self.saved = []

        def save(self, item):
            self.saved.append(item)
            return len(self.saved)

    memory = Memory()
    assert Service(memory).add("x") == 1 and memory.saved == ["x"]

    class Fast(Engine):
        def step(self):
            return super().step() + 10

    assert Fast().run() == 12 and isinstance(Fast(), Engine)


def test_generic_singleton_metaclass_and_descriptor():
    stack = Stack[int]()
    stack.push(1)
    assert stack.pop() == 1
    assert Only() is Only()
    assert len(Counted) == 7 and repr(Counted) == "<Counted>"

    class Owner:
        field = Field()
        base = 1

    owner = Owner()
    assert owner.field == (1, "field")
    owner.field = 5
    assert owner.base == 5


def test_doubles_stand_for_methods():
    with mock.patch.object(shapes.Alien, "name", return_value="a cat"):
        assert Alien().speak() == "I am a cat"
    with mock.patch("shapes.Alien.name", autospec=True, return_value="a dog") as name:
        alien = Alien()
        assert alien.speak() == "I am a dog"
        name.assert_called_once_with(alien)
    with mock.patch.object(Alien, "age", new_callable=mock.PropertyMock, return_value=99):
        assert Alien().age == 99
    assert (Alien().speak(), Alien().age) == ("I am an alien", 5)


def test_doubles_made_after_a_class():
    store = mock.Mock(spec=Store)
    store.save.return_value = 9
    assert Service(store).add("q") == 9
    store.save.assert_called_once_with("q")
    assert isinstance(store, Store)


@mock.patch.multiple(Store, __abstractmethods__=frozenset())
def test_an_abstract_class_can_be_instantiated_by_a_patch():
    assert isinstance(Store(), Store)


def test_and_is_abstract_again():
    with pytest.raises(TypeError, match="abstract"):
        Store()
    with mock.patch.object(Store, "__abstractmethods__", set()):
        assert Store()
    with pytest.raises(TypeError, match="abstract"):
        Store()

"""The personal data that the OpenID provider holds."""

from plg.kit.wing import PersonalData

DECLARED = (PersonalData("openid_grants", ("person_id",), "Products a person signed in to with plg"),)

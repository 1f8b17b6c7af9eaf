from . import base_import_import
from . import ir_fields_converter
from . import base_partner_merge_automatic_wizard
from . import mail_alias
